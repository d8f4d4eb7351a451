use threadkit::prelude::*;

struct Worker;

#[thread]
impl Worker {
    fn run(&mut self, stop: StopToken) {
        let _ = stop;
    }
}

fn main() {}
