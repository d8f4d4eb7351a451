use threadkit::prelude::*;

#[synchronized("accounts")]
fn by_name() {}

#[synchronized(count = 5)]
fn by_number() -> u8 {
    count
}

fn main() {}
