use threadkit::prelude::*;

static A: Lock<u64> = Lock::new(0);

#[synchronized(A as a)]
fn get() -> u64 {
    *a
}

fn main() {
    get();
}
