use threadkit::prelude::*;

use std::fmt::Debug;

#[thread]
fn work<T: Send + Debug>(item: T) {
    println!("{item:?}");
}

#[thread]
fn call(work: impl FnOnce() + Send) {
    work();
}

fn main() {}
