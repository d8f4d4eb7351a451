use threadkit::prelude::*;

struct Worker;

#[thread]
impl Worker {
    unsafe fn run(&mut self) {}
}

fn main() {}
