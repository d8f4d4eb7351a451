use threadkit::prelude::*;

static LOCK: Lock = Lock::new(());

#[synchronized(LOCK LOCK)]
fn one() {}

#[synchronized(, LOCK)]
fn two() {}

fn main() {}
