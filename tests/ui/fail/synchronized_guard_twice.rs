use threadkit::prelude::*;

static A: Lock<u64> = Lock::new(0);
static B: Lock<u64> = Lock::new(0);

#[synchronized(a = A, a = B)]
fn add() {
    *a += 1;
}

fn main() {}
