use threadkit::prelude::*;

static TOTAL: Lock<u32> = Lock::new(0);

#[threadkit::main]
#[synchronized(total = TOTAL)]
fn main() {
    *total += 1;
}
