//! A crate without std's prelude in scope.
#![deny(warnings)]
#![no_implicit_prelude]

use ::threadkit::{Lock, StopToken, synchronized, thread};

static LOCK: Lock<u8> = Lock::new(0);

#[synchronized]
fn alone() {}

#[synchronized(n = LOCK, timeout = ::std::time::Duration::MAX, else = 0)]
fn limited() -> u8 {
    *n
}

#[thread(name = "{id}", shared)]
struct Worker {
    id: u8,
}

impl Worker {
    fn run(&self) {
        let _ = self.id;
    }
}

struct Block;

#[thread]
impl Block {
    fn run(self, stop: &StopToken) -> bool {
        stop.is_stopped()
    }
}

#[thread(name = "{a}")]
fn work(a: u8, stop: &StopToken) -> u8 {
    if stop.is_stopped() { 0 } else { a }
}

#[::threadkit::main]
fn main() {
    alone();
    ::std::assert_eq!(limited(), 0);
    Worker { id: 1 }.start();
    Block.start();
    work(1);
}
