use threadkit::prelude::*;

struct Worker;

#[thread]
impl Worker {
    fn run(&mut self) -> impl Iterator<Item = u8> {
        0..3
    }
}

fn main() {}
