use threadkit::prelude::*;

struct Worker {
    count: u32,
}

#[thread(shared)]
impl Worker {
    fn run(&mut self) {
        self.count += 1;
    }
}

#[thread(shared)]
fn work() {}

#[thread(shared = 1)]
struct Valued;

impl Valued {
    fn run(&self) {}
}

fn main() {}
