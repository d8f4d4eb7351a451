use threadkit::prelude::*;

#[thread(name)]
fn one() {}

#[thread(stack_size, daemon)]
fn two() {}

#[thread(name("worker"))]
fn three() {}

#[thread(daemon = 1)]
fn four() {}

#[thread(daemon "x")]
fn five() {}

fn main() {}
