use threadkit::prelude::*;

struct Worker;

#[thread]
impl Worker {
    fn run(self) {}

    fn start(self) {}
}

fn main() {}
