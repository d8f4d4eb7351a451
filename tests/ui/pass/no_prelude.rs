//! A crate without std's prelude in scope.
#![deny(warnings)]
#![no_implicit_prelude]

use ::threadkit::{Lock, StopToken, monitor, synchronized, thread};

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

struct Gauge(u8);

#[monitor(SharedGauge, poison)]
impl Gauge {
    pub fn new(value: u8) -> ::std::result::Result<Self, ::std::string::String> {
        ::std::result::Result::Ok(Self(value))
    }

    #[when(self.0 >= least, timeout, until)]
    pub fn reach(&mut self, least: u8) -> u8 {
        self.0
    }
}

#[::threadkit::explore(runs = 2)]
fn explored() {
    ::std::assert!(!LOCK.is_locked());
}

#[::threadkit::main]
fn main() {
    explored();
    let gauge = SharedGauge::new(3).unwrap();
    ::std::assert_eq!(gauge.reach(2), 3);
    ::std::assert!(gauge.reach_timeout(4, ::std::time::Duration::ZERO).is_err());
    ::std::assert!(gauge.reach_until(4, ::std::time::Duration::ZERO).is_err());
    ::std::assert_eq!(gauge.repair(|gauge| gauge.0), 3);
    alone();
    ::std::assert_eq!(limited(), 0);
    Worker { id: 1 }.start();
    Block.start();
    work(1);
}
