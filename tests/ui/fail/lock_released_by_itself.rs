//! A lock is released through its guard.

use threadkit::{Lock, RLock};

static LOCK: Lock<u32> = Lock::new(0);
static RLOCK: RLock<u32> = RLock::new(0);

fn main() {
    let _guard = LOCK.acquire();
    LOCK.release();
    RLOCK.unlock();
}
