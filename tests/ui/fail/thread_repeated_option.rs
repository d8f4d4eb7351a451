use threadkit::prelude::*;

#[thread(name = "a", daemon, name = "b")]
fn work() {}

fn main() {}
