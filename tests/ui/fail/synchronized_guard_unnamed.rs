use threadkit::prelude::*;

static LOCK: Lock = Lock::new(());

#[synchronized(_ = LOCK)]
fn one() {}

#[synchronized(mut lock = LOCK)]
fn two() {
    *lock = ();
}

#[synchronized(self = LOCK)]
fn three() {}

#[synchronized(a = b = LOCK)]
fn four() {}

fn main() {}
