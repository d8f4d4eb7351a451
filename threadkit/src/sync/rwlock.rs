//! [`RwLock`]; it is acquired by the methods in `rwlock_guard`.

use core::cell::UnsafeCell;
use core::ptr;

use super::guard::Locked;
use super::traced_rw::TracedRwLock;

/// A lock around a value that many may read at once, or one may write.
///
/// Worth it where reading takes long and writing is rare; for a few instructions a
/// [`Lock`](crate::Lock) is faster, also among readers only.
///
/// There is a third side between the two: an [upgradable](Self::upgradable) reader reads beside the
/// others, and can go on to write without letting anybody else write before it. There is one at a
/// time. A writer can be [downgraded](RwLockWriteGuard::downgrade) to a reader in the same way.
///
/// | | |
/// | --- | --- |
/// | fair? | A writer that waits keeps new readers out, so readers cannot starve it. Short contention goes to whoever runs; who has waited for about four milliseconds is served in turn, reader or writer. |
/// | reentrant? | No. A thread that reads what it writes, or the other way round, waits for itself: debug builds panic and name both places. One that reads twice does so if a writer comes in between: debug builds tell on standard error, once for each place where a lock is made, even if no writer comes. |
/// | a panic while held | releases the lock; there is no poisoning. |
/// | the guards | stay on their thread (`!Send`); can be shared if the value can. |
///
/// # Differences from Python and Java
///
/// Python has none. Java's `ReentrantReadWriteLock` is reentrant and cannot upgrade.
///
/// # Differences from `std::sync::RwLock`
///
/// No poisoning and so no `unwrap`, a bound on waiting for both sides, time limits, the upgradable
/// side, mapped guards.
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
#[doc(alias = "shared_mutex")]
pub struct RwLock<T: ?Sized> {
    raw: TracedRwLock,
    value: UnsafeCell<T>,
}

// SAFETY: sharing the lock lets several threads have `&T` at a time, which the value must allow, and one
// after the other `&mut T`, which is what sending it allows.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

// SAFETY: the value is in the lock, and is reached by guards of the raw lock, and by `&mut` and by value,
// when nobody else is there.
unsafe impl<T: ?Sized> Locked for RwLock<T> {
    type Raw = TracedRwLock;
    type Value = T;

    #[inline(always)]
    fn raw(&self) -> &TracedRwLock {
        &self.raw
    }

    #[inline(always)]
    fn value(&self) -> *mut T {
        self.value.get()
    }
}

impl<T> RwLock<T> {
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
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self {
            raw: TracedRwLock::new(),
            value: UnsafeCell::new(value),
        }
    }

    /// Makes a lock with a name, by which reports about it call it.
    ///
    /// A release build keeps no name, unless the feature `inspect` is on.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RwLock;
    ///
    /// static RATES: RwLock<Vec<f64>> = RwLock::named("rates", Vec::new());
    /// assert!(RATES.read().is_empty());
    /// ```
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn named(name: &'static str, value: T) -> Self {
        Self {
            raw: TracedRwLock::named(name),
            value: UnsafeCell::new(value),
        }
    }

    /// Gives up the lock and returns the value.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = threadkit::RwLock::new(vec![1]);
    /// lock.write().push(2);
    /// assert_eq!(lock.into_inner(), [1, 2]);
    /// ```
    #[inline]
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Whether somebody reads or writes at this moment; by the time you look at the answer it may
    /// have changed.
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

    /// Whether somebody writes at this moment.
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

    /// The value, without locking: `&mut` says that nobody else is there.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut lock = threadkit::RwLock::new(1);
    /// *lock.get_mut() += 1;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    #[inline]
    pub const fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Whether `a` and `b` are one lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RwLock;
    ///
    /// let (a, b) = (RwLock::new(1), RwLock::new(1));
    /// assert!(RwLock::same(&a, &a));
    /// assert!(!RwLock::same(&a, &b));
    /// ```
    #[must_use]
    pub fn same(a: &Self, b: &Self) -> bool {
        ptr::addr_eq(a, b)
    }

    /// What reports call this lock, where they know more than that it is one.
    pub(crate) fn label(&self) -> Option<String> {
        self.raw.tag().label()
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
