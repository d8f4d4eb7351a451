use threadkit::prelude::*;

static TOTAL: Lock<u64> = Lock::new(0);

#[synchronized(total = TOTL)]
fn add(n: u64) {
    *total += n;
}

struct Counter {
    count: Lock<u64>,
}

impl Counter {
    #[synchronized(count = self.coutn)]
    fn add(&self) {
        *count += 1;
    }
}

fn main() {
    add(1);
    drop(TOTAL.acquire());
    drop(Counter { count: Lock::new(1) }.count);
}
