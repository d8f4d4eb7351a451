use threadkit::prelude::*;

static TOTAL: Lock<u64> = Lock::new(0);

#[synchronized(a = TOTAL, b = TOTAL)]
fn add() {
    *a += *b;
}

fn main() {}
