use threadkit::prelude::*;

struct Worker;

#[thread]
impl Worker {
    fn work(&mut self) {}
}

fn main() {
    Worker.start();
}
