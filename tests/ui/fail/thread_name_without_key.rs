use threadkit::prelude::*;

#[thread("worker")]
fn work() {}

#[thread(stack_size = "1MB")]
fn small() {}

#[thread(name = "worker-{}")]
fn numbered(id: u8) {
    println!("{id}");
}

fn main() {
    work();
    small();
    numbered(1);
}
