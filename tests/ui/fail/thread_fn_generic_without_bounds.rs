use threadkit::prelude::*;

#[thread]
fn work<T>(item: T) -> T {
    item
}

fn main() {}
