use threadkit::prelude::*;

#[thread(returns = u32)]
struct Counter;

impl Counter {
    fn run(&mut self) -> String {
        String::new()
    }
}

fn main() {}
