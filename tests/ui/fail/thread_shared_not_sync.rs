use threadkit::prelude::*;

use std::cell::Cell;

struct Worker {
    count: Cell<u32>,
}

#[thread(shared)]
impl Worker {
    fn run(&self) {
        self.count.set(1);
    }
}

fn main() {}
