use threadkit::prelude::*;

use std::time::Duration;

static LOCK: Lock = Lock::new(());
static LIMIT: Duration = Duration::from_secs(1);

#[synchronized(LOCK, timout = LIMIT, else = ())]
fn one() {}

#[synchronized(LOCK, timeout = LIMIT, esle = 3)]
fn two() -> u8 {
    1
}

#[synchronized(LOCK, carte = ::threadkit)]
fn three() {}

fn main() {}
