use threadkit::prelude::*;

static TOTAL: Lock<u64> = Lock::new(0);

#[synchronized(TOTAL)]
const fn one() -> u8 {
    1
}

fn main() {}
