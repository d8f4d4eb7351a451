use threadkit::prelude::*;

// The attribute does not see `run`, which could have the token under `#[thread]` on its impl block.

#[thread]
struct Worker;

impl Worker {
    fn run(self, stop: &StopToken) {
        stop.wait();
    }
}

fn main() {}
