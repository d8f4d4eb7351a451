use threadkit::prelude::*;

use std::time::Duration;

static TOTAL: Lock<u64> = Lock::new(0);

#[synchronized(total = TOTAL, timeout = Duration::from_secs(1))]
fn add(n: u64) {
    *total += n;
}

#[synchronized(TOTAL, else = None)]
fn get() -> Option<u64> {
    None
}

fn main() {}
