//! The locks with readers and writers that are compared, behind one trait.

use std::sync::atomic::{AtomicU64, Ordering};

/// A lock over a counter, with readers and writers.
pub(crate) trait CounterRwLock: Send + Sync {
    /// What the tables call it.
    const NAME: &'static str;

    /// A free lock over zero.
    fn new() -> Self;

    /// Acquires for reading, reads the counter, does `work`, releases.
    fn read(&self, work: impl FnOnce()) -> u64;

    /// Acquires for writing, adds one to the counter, does `work`, releases.
    fn write(&self, work: impl FnOnce());
}

impl CounterRwLock for threadkit::RwLock<u64> {
    const NAME: &'static str = "RwLock";

    fn new() -> Self {
        Self::new(0)
    }

    #[inline(always)]
    fn read(&self, work: impl FnOnce()) -> u64 {
        let counter = self.read();
        work();
        *counter
    }

    #[inline(always)]
    fn write(&self, work: impl FnOnce()) {
        let mut counter = self.write();
        *counter += 1;
        work();
    }
}

impl CounterRwLock for std::sync::RwLock<u64> {
    const NAME: &'static str = "std RwLock";

    fn new() -> Self {
        Self::new(0)
    }

    #[inline(always)]
    fn read(&self, work: impl FnOnce()) -> u64 {
        let counter = self.read().unwrap();
        work();
        *counter
    }

    #[inline(always)]
    fn write(&self, work: impl FnOnce()) {
        let mut counter = self.write().unwrap();
        *counter += 1;
        work();
    }
}

impl CounterRwLock for parking_lot::RwLock<u64> {
    const NAME: &'static str = "parking_lot RwLock";

    fn new() -> Self {
        Self::new(0)
    }

    #[inline(always)]
    fn read(&self, work: impl FnOnce()) -> u64 {
        let counter = self.read();
        work();
        *counter
    }

    #[inline(always)]
    fn write(&self, work: impl FnOnce()) {
        let mut counter = self.write();
        *counter += 1;
        work();
    }
}

impl CounterRwLock for async_lock::RwLock<u64> {
    const NAME: &'static str = "async-lock RwLock";

    fn new() -> Self {
        Self::new(0)
    }

    #[inline(always)]
    fn read(&self, work: impl FnOnce()) -> u64 {
        let counter = self.read_blocking();
        work();
        *counter
    }

    #[inline(always)]
    fn write(&self, work: impl FnOnce()) {
        let mut counter = self.write_blocking();
        *counter += 1;
        work();
    }
}

/// saa's lock, which protects nothing by itself.
pub(crate) struct SaaRwLock {
    lock: saa::Lock,
    counter: AtomicU64,
}

impl CounterRwLock for SaaRwLock {
    const NAME: &'static str = "saa Lock";

    fn new() -> Self {
        Self {
            lock: saa::Lock::new(),
            counter: AtomicU64::new(0),
        }
    }

    #[inline(always)]
    fn read(&self, work: impl FnOnce()) -> u64 {
        assert!(self.lock.share_sync());
        let counter = self.counter.load(Ordering::Relaxed);
        work();
        assert!(self.lock.release_share());
        counter
    }

    #[inline(always)]
    fn write(&self, work: impl FnOnce()) {
        assert!(self.lock.lock_sync());
        let counter = self.counter.load(Ordering::Relaxed);
        self.counter.store(counter + 1, Ordering::Relaxed);
        work();
        assert!(self.lock.release_lock());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts<L: CounterRwLock>() {
        let lock = L::new();
        lock.write(|| ());
        lock.write(|| ());
        assert_eq!(lock.read(|| ()), 2, "{}", L::NAME);
    }

    #[test]
    fn all_count_and_release() {
        counts::<threadkit::RwLock<u64>>();
        counts::<std::sync::RwLock<u64>>();
        counts::<parking_lot::RwLock<u64>>();
        counts::<async_lock::RwLock<u64>>();
        counts::<SaaRwLock>();
    }
}
