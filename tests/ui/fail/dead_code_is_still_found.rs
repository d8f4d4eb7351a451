//! A function that is never called is reported, with or without an attribute.
#![deny(dead_code)]

use threadkit::prelude::*;

static LOCK: Lock<u8> = Lock::new(0);

#[synchronized(LOCK)]
fn nobody_calls_me() {}

#[thread]
fn nobody_starts_me() {}

struct Worker;

#[thread]
impl Worker {
    fn run(self) {}

    fn idle(&self) {}
}

#[thread]
struct NobodyMakesMe;

impl NobodyMakesMe {
    fn run(self) {}
}

#[synchronized(state = LOCK)]
impl Worker {
    fn locked(&self) -> u8 {
        *state
    }
}

#[threadkit::main]
fn helper() {}

fn main() {
    Worker.start();
}
