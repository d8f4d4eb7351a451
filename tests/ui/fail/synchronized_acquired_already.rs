//! The attribute itself acquires the lock that it names.

use std::sync::{Mutex, RwLock};
use threadkit::prelude::*;

static TOTAL: Lock<u64> = Lock::new(0);

struct Counter {
    n: Lock<u64>,
    std: Mutex<u64>,
    both: RwLock<u64>,
}

impl Counter {
    #[synchronized(n = self.n.acquire())]
    fn acquired(&self) -> u64 {
        *n
    }

    #[synchronized(self.std.lock().unwrap())]
    fn unwrapped(&self) {}

    #[synchronized(n = TOTAL.lock())]
    fn locked(&self) -> u64 {
        *n
    }

    #[synchronized(n = self.both.read())]
    fn read(&self) -> u64 {
        *n
    }

    #[synchronized(TOTAL, write(n = self.both.write().expect("no poison")))]
    fn written(&self) {
        *n = 1;
    }
}

#[synchronized(n = counter.lock().unwrap())]
fn parameter(counter: &Mutex<u64>) -> u64 {
    *n
}

fn main() {
    let counter = Counter {
        n: Lock::new(0),
        std: Mutex::new(0),
        both: RwLock::new(0),
    };
    counter.acquired();
    counter.unwrapped();
    counter.locked();
    counter.read();
    counter.written();
    parameter(&counter.std);
}
