use threadkit::prelude::*;

struct Worker;

#[thread]
impl Worker {
    async fn run(&mut self) -> u32 {
        1
    }
}

fn main() {}
