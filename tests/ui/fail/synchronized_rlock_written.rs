use threadkit::prelude::*;

static TOTAL: RLock<u64> = RLock::new(0);

#[synchronized(total = TOTAL)]
fn add(n: u64) {
    *total += n;
}

fn main() {}
