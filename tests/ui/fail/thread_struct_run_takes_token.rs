use threadkit::prelude::*;

// On a struct the attribute does not see `run`. On the impl block, `run` can take the token.

#[thread]
struct Worker;

impl Worker {
    fn run(self, stop: &StopToken) {
        stop.wait();
    }
}

fn main() {}
