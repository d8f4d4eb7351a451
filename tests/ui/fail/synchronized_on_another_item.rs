use threadkit::prelude::*;

#[synchronized]
struct Counter {
    count: u64,
}

#[synchronized]
mod counters {}

#[synchronized]
static COUNT: u8 = 1;

fn main() {}
