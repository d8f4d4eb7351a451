use threadkit::prelude::*;

static TOTAL: Lock<u32> = Lock::new(0);

#[threadkit::explore]
#[synchronized(total = TOTAL)]
fn adds() {
    *total += 1;
}

#[synchronized(total = TOTAL)]
#[threadkit::explore]
fn adds_in_each_run() {
    *total += 1;
}

fn main() {
    adds();
    adds_in_each_run();
}
