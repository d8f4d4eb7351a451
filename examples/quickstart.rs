//! Shows threadkit at a glance.
fn main() {}
