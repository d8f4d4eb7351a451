use threadkit::prelude::*;

static TOTAL: Lock<u32> = Lock::new(0);

#[thread]
#[synchronized(total = TOTAL)]
fn add(n: u32) {
    *total += n;
}

fn main() {
    add(1).join().unwrap();
}
