//! A lock of parking_lot 0.12 belongs to another `lock_api`: the message says which version is meant.

use lock_api_of_the_past::{GuardSend, Mutex, RawMutex};
use threadkit::{lock_all, synchronized};

/// Made as those of parking_lot 0.12 are.
struct Raw;

unsafe impl RawMutex for Raw {
    const INIT: Self = Self;
    type GuardMarker = GuardSend;

    fn lock(&self) {}

    fn try_lock(&self) -> bool {
        true
    }

    unsafe fn unlock(&self) {}
}

static OLD: Mutex<Raw, u32> = Mutex::new(0);

#[synchronized(count = OLD)]
fn count_up() {
    *count += 1;
}

fn main() {
    count_up();
    let _guards = lock_all((&OLD, &OLD));
}
