use threadkit::prelude::*;

struct Worker;

#[thread]
impl Worker {
    fn run(self) {}
}

fn main() {
    let worker = Worker;
    worker.start();
    worker.start();
}
