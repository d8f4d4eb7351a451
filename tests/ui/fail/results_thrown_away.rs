//! Values that are useless when they are dropped at once, and values that would be lost silently.
#![deny(warnings)]

use threadkit::Thread;
use threadkit::prelude::*;

static LOCK: Lock<u8> = Lock::new(0);

#[thread]
fn work() {}

struct Gauge(u8);

#[monitor(SharedGauge)]
impl Gauge {
    #[must_use]
    pub fn get(&self) -> u8 {
        self.0
    }

    #[when(self.0 > 1, timeout)]
    pub fn fall(&mut self) {
        self.0 -= 1;
    }
}

fn main() {
    LOCK.acquire();
    work().join();
    Thread::new(work);
    let gauge = SharedGauge::from(Gauge(1));
    gauge.get();
    gauge.fall_timeout(std::time::Duration::ZERO);
}
