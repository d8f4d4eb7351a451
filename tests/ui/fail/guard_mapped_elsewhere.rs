//! A part of a guard's value is in the value, or lives for ever.

use threadkit::{Lock, LockGuard, RwLock, RwLockReadGuard};

fn main() {
    let (lock, data) = (Lock::new(1), RwLock::new(2));
    let (mut local, other) = (3, 4);
    let mut part = LockGuard::map(lock.acquire(), |_| &mut local);
    let seen = RwLockReadGuard::map(data.read(), |_| &other);
    *part = *seen;

    let mut kept = None;
    drop(LockGuard::map(lock.acquire(), |value| {
        kept = Some(&*value);
        value
    }));
}
