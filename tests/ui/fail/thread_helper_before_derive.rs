use threadkit::prelude::*;

#[thread(name = "worker")]
#[derive(Thread)]
struct Worker;

impl Worker {
    fn run(self) {}
}

fn main() {}
