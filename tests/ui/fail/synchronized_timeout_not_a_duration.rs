use threadkit::prelude::*;

static TOTAL: Lock<u64> = Lock::new(0);

#[synchronized(total = TOTAL, timeout = 5, else = false)]
fn add(n: u64) -> bool {
    *total += n;
    true
}

const LIMIT: u64 = 5;

#[synchronized(TOTAL, timeout = LIMIT, else = false)]
fn named() -> bool {
    true
}

fn main() {}
