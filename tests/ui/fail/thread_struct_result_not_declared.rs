use threadkit::prelude::*;

#[thread]
struct Counter;

impl Counter {
    fn run(&mut self) -> u32 {
        3
    }
}

fn main() {}
