use threadkit::prelude::*;

#[thread]
fn work() {}

fn main() {
    let handle = work();
    handle.join().unwrap();
    handle.join().unwrap();
}
