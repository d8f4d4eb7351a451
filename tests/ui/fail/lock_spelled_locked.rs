//! Python's word for asking whether a lock is held is explained.

use threadkit::{Lock, RLock};

static LOCK: Lock<u32> = Lock::new(0);
static RLOCK: RLock<u32> = RLock::new(0);

fn main() {
    let _held: bool = LOCK.locked();
    if RLOCK.locked() {}
}
