use threadkit::prelude::*;

#[thread(daemn)]
fn beat() {}

#[thread(priority = 3)]
fn rush() {}

#[thread("worker")]
fn named() {}

fn main() {}
