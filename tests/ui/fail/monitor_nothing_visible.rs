//! A handle has the visible methods of the block, so a block without any is a mistake.

use threadkit::prelude::*;

struct Counter {
    count: u64,
}

#[monitor(SharedCounter)]
impl Counter {
    fn new() -> Counter {
        Counter { count: 0 }
    }

    fn count(&mut self) {
        self.count += 1;
    }

    fn into_inner(self) -> u64 {
        self.count
    }
}

struct Bare;

// No item here can be in a handle; a handle reaches them by `with`.
#[monitor(SharedBare)]
impl Bare {
    const LIMIT: u64 = 1;

    fn limit() -> u64 {
        Self::LIMIT
    }
}

fn main() {
    let counter = SharedCounter::new();
    counter.count();
    counter.with(|counter| counter.count += 1);
    SharedBare::from(Bare).with(|_| Bare::limit());
}
