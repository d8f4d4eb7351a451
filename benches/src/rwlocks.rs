//! The locks with readers and writers that are compared, behind one trait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;

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

/// Makes lock types of libraries [`CounterRwLock`]s, by how they are acquired on each side.
macro_rules! counter_rw_locks {
    ($($lock:ty, $name:literal, |$of:ident| $read:expr, $write:expr;)*) => {$(
        impl CounterRwLock for $lock {
            const NAME: &'static str = $name;

            fn new() -> Self {
                Self::new(0)
            }

            #[inline(always)]
            fn read(&self, work: impl FnOnce()) -> u64 {
                let $of = self;
                let counter = $read;
                work();
                *counter
            }

            #[inline(always)]
            fn write(&self, work: impl FnOnce()) {
                let $of = self;
                let mut counter = $write;
                *counter += 1;
                work();
            }
        }
    )*};
}

counter_rw_locks! {
    threadkit::RwLock<u64>, "RwLock", |lock| lock.read(), lock.write();
    std::sync::RwLock<u64>, "std RwLock", |lock| lock.read().unwrap(), lock.write().unwrap();
    parking_lot::RwLock<u64>, "parking_lot RwLock", |lock| lock.read(), lock.write();
    async_lock::RwLock<u64>, "async-lock RwLock", |lock| lock.read_blocking(), lock.write_blocking();
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

/// No lock: a reader gets the value of the moment, and goes on with it while the writer replaces it. One thread writes at
/// a time.
impl CounterRwLock for ArcSwap<u64> {
    const NAME: &'static str = "arc-swap, no exclusion";

    fn new() -> Self {
        Self::from_pointee(0)
    }

    #[inline(always)]
    fn read(&self, work: impl FnOnce()) -> u64 {
        let counter = self.load();
        work();
        **counter
    }

    #[inline(always)]
    fn write(&self, work: impl FnOnce()) {
        self.store(Arc::new(**self.load() + 1));
        work();
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
        counts::<ArcSwap<u64>>();
    }
}
