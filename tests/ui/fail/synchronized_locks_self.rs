//! In Java every object is a lock. Here a lock contains data.

use threadkit::prelude::*;

struct Counter {
    count: u64,
}

impl Counter {
    #[synchronized(self)]
    fn get(&self) -> u64 {
        self.count
    }

    #[synchronized(self)]
    fn count(&mut self) {
        self.count += 1;
    }
}

#[synchronized(this = self)]
impl Counter {
    fn twice(&self) -> u64 {
        this.count * 2
    }
}

fn main() {}
