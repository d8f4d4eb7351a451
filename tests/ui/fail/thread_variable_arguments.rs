use threadkit::prelude::*;

#[thread]
fn work(n: u64, _: ...) {
    let _ = n;
}

fn main() {
    work(1);
}
