use threadkit::prelude::*;

struct Counter {
    count: Lock<u64>,
}

#[synchronized(count = self.count, timout = LIMIT)]
impl Counter {
    fn next(&self, by: u64) -> u64 {
        *count += by;
        *count
    }

    #[unsynchronized]
    fn is_free(&self) -> bool {
        !self.count.is_locked()
    }
}

fn main() {
    let counter = Counter { count: Lock::new(0) };
    let _ = (counter.next(1), counter.is_free());
}
