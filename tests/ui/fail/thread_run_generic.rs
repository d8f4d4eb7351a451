use threadkit::prelude::*;

struct Worker;

#[thread]
impl Worker {
    fn run<T>(&mut self) {}
}

fn main() {}
