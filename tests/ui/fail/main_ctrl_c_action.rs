//! Ctrl-C can stop, and nothing else.

#[threadkit::main(ctrl_c = exit)]
fn main() {}
