use threadkit::prelude::*;

static TOTAL: Lock<u64> = Lock::new(0);

#[synchronized(total = TOTAL)]
fn add((total, _): (u64, u64)) {
    let _ = total;
}

fn main() {}
