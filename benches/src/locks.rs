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

/// Makes lock types of libraries [`CounterLock`]s: by how they are acquired, and how their guard adds one.
macro_rules! counter_locks {
    ($($lock:ty, $name:expr, $zero:expr, |$of:ident| $acquire:expr, |$counter:pat_param| $add:expr;)*) => {$(
        impl $crate::locks::CounterLock for $lock {
            const NAME: &'static str = $name;

            fn new() -> Self {
                Self::new($zero)
            }

            #[inline(always)]
            fn enter(&self, work: impl FnOnce()) {
                let $of = self;
                let $counter = $acquire;
                $add;
                work();
            }
        }
    )*};
}

#[cfg(any(feature = "inspect", feature = "inspect-parking_lot"))]
pub(crate) use counter_locks;

counter_locks! {
    threadkit::Lock<u64>, "Lock", 0, |lock| lock.acquire(), |mut counter| *counter += 1;
    threadkit::RLock<Cell<u64>>, "RLock", Cell::new(0), |lock| lock.acquire(), |counter| counter.set(counter.get() + 1);
    std::sync::Mutex<u64>, "std Mutex", 0, |lock| lock.lock().unwrap(), |mut counter| *counter += 1;
    parking_lot::Mutex<u64>, "parking_lot Mutex", 0, |lock| lock.lock(), |mut counter| *counter += 1;
    parking_lot::FairMutex<u64>, "parking_lot FairMutex", 0, |lock| lock.lock(), |mut counter| *counter += 1;
    parking_lot::ReentrantMutex<Cell<u64>>, "parking_lot ReentrantMutex", Cell::new(0),
        |lock| lock.lock(), |counter| counter.set(counter.get() + 1);
    async_lock::Mutex<u64>, "async-lock Mutex", 0, |lock| lock.lock_blocking(), |mut counter| *counter += 1;
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
