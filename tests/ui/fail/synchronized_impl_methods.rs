use threadkit::prelude::*;

struct Counter {
    count: Lock<u64>,
}

#[synchronized(count = self.count)]
impl Counter {
    async fn later(&self) -> u64 {
        *count
    }

    fn consume(self) -> u64 {
        *count
    }

    fn hides(&self, count: u64) -> u64 {
        count
    }

    const fn constant(&self) -> u64 {
        1
    }
}

fn main() {}
