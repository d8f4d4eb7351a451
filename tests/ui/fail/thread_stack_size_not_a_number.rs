use threadkit::prelude::*;

#[thread(stack_size = "1 MB")]
fn work() {}

fn main() {}
