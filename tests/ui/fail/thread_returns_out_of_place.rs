use threadkit::prelude::*;

struct Worker;

#[thread(returns = u32)]
impl Worker {
    fn run(self) -> u32 {
        1
    }
}

#[thread(returns = u32)]
fn work() -> u32 {
    1
}

fn main() {}
