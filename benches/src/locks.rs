//! The locks that are compared, behind one trait, so that each topic runs the same code on all.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// A lock over a counter.
///
/// The topics are generic over it: a virtual call would cost about as much as the difference to be
/// measured.
pub(crate) trait CounterLock: Send + Sync {
    /// What the tables call it.
    const NAME: &'static str;

    /// A free lock over zero.
    fn new() -> Self;

    /// Acquires, adds one to the counter, does `work`, releases.
    fn enter(&self, work: impl FnOnce());
}

impl CounterLock for threadkit::Lock<u64> {
    const NAME: &'static str = "Lock";

    fn new() -> Self {
        Self::new(0)
    }

    #[inline(always)]
    fn enter(&self, work: impl FnOnce()) {
        let mut counter = self.acquire();
        *counter += 1;
        work();
    }
}

impl CounterLock for threadkit::RLock<Cell<u64>> {
    const NAME: &'static str = "RLock";

    fn new() -> Self {
        Self::new(Cell::new(0))
    }

    #[inline(always)]
    fn enter(&self, work: impl FnOnce()) {
        let counter = self.acquire();
        counter.set(counter.get() + 1);
        work();
    }
}

impl CounterLock for std::sync::Mutex<u64> {
    const NAME: &'static str = "std Mutex";

    fn new() -> Self {
        Self::new(0)
    }

    #[inline(always)]
    fn enter(&self, work: impl FnOnce()) {
        let mut counter = self.lock().unwrap();
        *counter += 1;
        work();
    }
}

impl CounterLock for parking_lot::Mutex<u64> {
    const NAME: &'static str = "parking_lot Mutex";

    fn new() -> Self {
        Self::new(0)
    }

    #[inline(always)]
    fn enter(&self, work: impl FnOnce()) {
        let mut counter = self.lock();
        *counter += 1;
        work();
    }
}

impl CounterLock for parking_lot::FairMutex<u64> {
    const NAME: &'static str = "parking_lot FairMutex";

    fn new() -> Self {
        Self::new(0)
    }

    #[inline(always)]
    fn enter(&self, work: impl FnOnce()) {
        let mut counter = self.lock();
        *counter += 1;
        work();
    }
}

impl CounterLock for parking_lot::ReentrantMutex<Cell<u64>> {
    const NAME: &'static str = "parking_lot ReentrantMutex";

    fn new() -> Self {
        Self::new(Cell::new(0))
    }

    #[inline(always)]
    fn enter(&self, work: impl FnOnce()) {
        let counter = self.lock();
        counter.set(counter.get() + 1);
        work();
    }
}

impl CounterLock for async_lock::Mutex<u64> {
    const NAME: &'static str = "async-lock Mutex";

    fn new() -> Self {
        Self::new(0)
    }

    #[inline(always)]
    fn enter(&self, work: impl FnOnce()) {
        let mut counter = self.lock_blocking();
        *counter += 1;
        work();
    }
}

/// saa's lock, which protects nothing by itself.
pub(crate) struct SaaLock {
    lock: saa::Lock,
    counter: AtomicU64,
}

impl CounterLock for SaaLock {
    const NAME: &'static str = "saa Lock";

    fn new() -> Self {
        Self {
            lock: saa::Lock::new(),
            counter: AtomicU64::new(0),
        }
    }

    #[inline(always)]
    fn enter(&self, work: impl FnOnce()) {
        assert!(self.lock.lock_sync());
        let counter = self.counter.load(Ordering::Relaxed);
        self.counter.store(counter + 1, Ordering::Relaxed);
        work();
        assert!(self.lock.release_lock());
    }
}
