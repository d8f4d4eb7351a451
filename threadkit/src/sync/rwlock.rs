//! [`RwLock`]; the methods that acquire it are in `rwlock_guard`.

use core::cell::UnsafeCell;

use super::lock_macros::around_value;
use super::traced_rw::TracedRwLock;
use crate::inspect::RwTag;

/// A lock around a value for many readers or one writer.
///
/// Use it where reading takes long and writing is rare. For a few instructions a [`Lock`](crate::Lock) is
/// faster, even if all threads only read.
///
/// There is a third side between the two. An [upgradable](Self::upgradable) reader reads together with the
/// others, and can become the writer without another writer in between. There is at most one at a time. A
/// writer can be [downgraded](crate::RwLockWriteGuard::downgrade) to a reader in the same way.
///
/// | | |
/// | --- | --- |
/// | fair? | A writer that waits keeps new readers out, so readers cannot starve it. Under short contention a running thread may overtake waiters. A reader or writer that has waited for about four milliseconds is served in order. |
/// | reentrant? | No. A thread that reads while it writes, or writes while it reads, waits for itself: debug builds panic and name both places. A thread that reads twice waits for itself if a writer comes in between: debug builds report that on standard error, once for each place where a lock is made, even if no writer comes. |
/// | a panic while held | releases the lock; there is no poisoning. |
/// | the guards | stay on their thread (`!Send`); can be shared if the value can. |
///
/// # Differences from Python and Java
///
/// Python has none. Java's `ReentrantReadWriteLock` is reentrant and cannot upgrade.
///
/// # Differences from `std::sync::RwLock`
///
/// There is no poisoning, and so no `unwrap`. Waiting is bounded for both sides, waits can have a time
/// limit, there is an upgradable side, and guards can be mapped.
///
/// # Examples
///
/// ```
/// use threadkit::RwLock;
///
/// static RATES: RwLock<Vec<(&str, f64)>> = RwLock::new(Vec::new());
///
/// fn rate(of: &str) -> Option<f64> {
///     RATES.read().iter().find(|(name, _)| *name == of).map(|(_, rate)| *rate)
/// }
///
/// RATES.write().push(("EUR", 1.0));
/// std::thread::scope(|s| {
///     for _ in 0..2 {
///         s.spawn(|| assert_eq!(rate("EUR"), Some(1.0)));
///     }
/// });
/// ```
#[doc(alias = "ReadWriteLock")]
#[doc(alias = "ReentrantReadWriteLock")]
#[doc(alias = "shared_mutex")]
pub struct RwLock<T: ?Sized> {
    raw: TracedRwLock,
    value: UnsafeCell<T>,
}

// SAFETY: sharing the lock lets several threads have `&T` at a time, which the value must allow, and one
// after the other `&mut T`, which is what sending it allows.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

around_value! {
    RwLock: TracedRwLock, RwTag;

    /// Makes a lock around `value`.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RwLock;
    ///
    /// static RATES: RwLock<Vec<f64>> = RwLock::new(Vec::new());
    /// RATES.write().push(1.0);
    /// assert_eq!(RATES.read().len(), 1);
    /// ```
    new

    /// Makes a lock with a name, which reports use for it.
    ///
    /// A release build keeps the name only with the feature `inspect`.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RwLock;
    ///
    /// static RATES: RwLock<Vec<f64>> = RwLock::named("rates", Vec::new());
    /// assert!(RATES.read().is_empty());
    /// ```
    named

    /// Consumes the lock and returns the value.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = threadkit::RwLock::new(vec![1]);
    /// lock.write().push(2);
    /// assert_eq!(lock.into_inner(), [1, 2]);
    /// ```
    into_inner

    /// Never waits. Shows that the lock is held for writing, and the writer if it is known.
    Debug by print_value_once, try_read
}

impl<T: ?Sized> RwLock<T> {
    /// Whether some thread reads or writes at this moment; the answer may be
    /// out of date at once.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = threadkit::RwLock::new(1);
    /// let reader = lock.read();
    /// assert!(lock.is_locked() && !lock.is_written());
    /// reader.release();
    /// assert!(!lock.is_locked());
    /// ```
    #[inline]
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// Whether some thread writes at this moment.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = threadkit::RwLock::new(1);
    /// let writer = lock.write();
    /// assert!(lock.is_written());
    /// writer.release();
    /// assert!(!lock.is_written());
    /// ```
    #[inline]
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.raw.is_written()
    }
}
