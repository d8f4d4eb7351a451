use threadkit::prelude::*;

const NAME: &str = "worker";

#[thread(name = NAME)]
fn work() {}

#[thread(name = 7)]
fn lucky() {}

fn main() {}
