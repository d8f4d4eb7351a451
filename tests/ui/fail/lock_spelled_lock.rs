//! The words of other libraries for acquiring are explained.

use threadkit::{Lock, RLock};

static LOCK: Lock<u32> = Lock::new(0);
static RLOCK: RLock<u32> = RLock::new(0);

fn main() {
    LOCK.lock();
    *LOCK.lock() += 1;
    *LOCK.lock().unwrap() += 1;
    let _guard = RLOCK.try_lock();
}
