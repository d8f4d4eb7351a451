//! [`RwLock`].

use core::fmt;
use core::ptr;
use core::time::Duration;

use super::printing::Printing;
use super::rwlock_guard::{RwLockReadGuard, RwLockUpgradableGuard, RwLockWriteGuard};
use super::traced_rw::TracedRwLock;
use crate::backend::lock_api;
use crate::wait::TimedOut;

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
    inner: lock_api::RwLock<TracedRwLock, T>,
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
            inner: lock_api::RwLock::from_raw(TracedRwLock::new(), value),
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
            inner: lock_api::RwLock::from_raw(TracedRwLock::named(name), value),
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
        self.inner.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until nobody writes or waits to write, and acquires the lock for reading.
    ///
    /// # Panics
    ///
    /// In debug builds, if this thread holds the lock for writing; in a release build without the
    /// feature `inspect` such a call never returns. If it reads already, debug builds say on standard
    /// error that it would wait for ever if a writer came in between; [`try_read`](Self::try_read)
    /// never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RwLock;
    ///
    /// let lock = RwLock::new(1);
    /// let (one, other) = (lock.read(), lock.try_read().unwrap());
    /// assert_eq!(*one + *other, 2);
    /// ```
    #[inline]
    #[track_caller]
    #[doc(alias = "acquire_read")]
    #[doc(alias = "lock_shared")]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        RwLockReadGuard::new(self.inner.read())
    }

    /// Acquires the lock for reading if that needs no waiting.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = threadkit::RwLock::new(1);
    /// let writer = lock.write();
    /// assert!(lock.try_read().is_none());
    /// writer.release();
    /// assert_eq!(*lock.try_read().expect("nobody writes"), 1);
    /// ```
    #[inline]
    #[track_caller]
    #[must_use = "the lock is released again at once; bind the guard; `let _ = ..` drops it at once too"]
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        Some(RwLockReadGuard::new(self.inner.try_read()?))
    }

    /// Waits for a limited time to acquire the lock for reading.
    ///
    /// A zero timeout is one try; `Duration::MAX` means for ever.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if the time was up first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{RwLock, TimedOut};
    ///
    /// let lock = RwLock::new(1);
    /// let writer = lock.write();
    /// assert_eq!(lock.read_timeout(Duration::from_millis(5)).err(), Some(TimedOut));
    /// writer.release();
    /// assert_eq!(*lock.read_timeout(Duration::from_millis(5)).unwrap(), 1);
    /// ```
    #[inline]
    #[track_caller]
    pub fn read_timeout(&self, timeout: Duration) -> Result<RwLockReadGuard<'_, T>, TimedOut> {
        let guard = self.inner.try_read_for(timeout).ok_or(TimedOut)?;
        Ok(RwLockReadGuard::new(guard))
    }

    /// Waits until nobody else reads or writes, and acquires the lock for writing.
    ///
    /// # Panics
    ///
    /// In debug builds, if this thread holds the lock in any way; in a release build without the
    /// feature `inspect` such a call never returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RwLock;
    ///
    /// let lock = RwLock::new(1);
    /// *lock.write() += 1;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    #[inline]
    #[track_caller]
    #[doc(alias = "acquire_write")]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        RwLockWriteGuard::new(self.inner.write())
    }

    /// Acquires the lock for writing if that needs no waiting.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RwLock;
    ///
    /// let lock = RwLock::new(1);
    /// let reader = lock.read();
    /// assert!(lock.try_write().is_none());
    /// reader.release();
    /// assert!(lock.try_write().is_some());
    /// ```
    #[inline]
    #[track_caller]
    #[must_use = "the lock is released again at once; bind the guard; `let _ = ..` drops it at once too"]
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        self.inner.try_write().map(RwLockWriteGuard::new)
    }

    /// Waits for a limited time to acquire the lock for writing.
    ///
    /// A zero timeout is one try; `Duration::MAX` means for ever.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if the time was up first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{RwLock, TimedOut};
    ///
    /// let lock = RwLock::new(1);
    /// let reader = lock.read();
    /// assert_eq!(lock.write_timeout(Duration::from_millis(5)).err(), Some(TimedOut));
    /// # drop(reader);
    /// ```
    #[inline]
    #[track_caller]
    pub fn write_timeout(&self, timeout: Duration) -> Result<RwLockWriteGuard<'_, T>, TimedOut> {
        let guard = self.inner.try_write_for(timeout).ok_or(TimedOut)?;
        Ok(RwLockWriteGuard::new(guard))
    }

    /// Waits until nobody writes and nobody else is upgradable, and acquires the lock for reading
    /// with the right to write.
    ///
    /// # Panics
    ///
    /// As [`read`](Self::read), and if this thread holds the upgradable side already.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{RwLock, RwLockUpgradableGuard};
    ///
    /// let names = RwLock::new(vec!["Ada"]);
    /// let guard = names.upgradable(); // others may read
    /// if !guard.contains(&"Grace") {
    ///     RwLockUpgradableGuard::upgrade(guard).push("Grace"); // nobody wrote in between
    /// }
    /// assert_eq!(names.read().len(), 2);
    /// ```
    #[inline]
    #[track_caller]
    #[doc(alias = "upgradable_read")]
    pub fn upgradable(&self) -> RwLockUpgradableGuard<'_, T> {
        RwLockUpgradableGuard::new(self.inner.upgradable_read())
    }

    /// Acquires the lock for reading with the right to write, if that needs no waiting.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = threadkit::RwLock::new(1);
    /// let guard = lock.try_upgradable().expect("nobody writes or may");
    /// assert!(lock.try_upgradable().is_none(), "one at a time");
    /// assert!(lock.try_write().is_none());
    /// drop(guard);
    /// ```
    #[inline]
    #[track_caller]
    #[must_use = "the lock is released again at once; bind the guard; `let _ = ..` drops it at once too"]
    pub fn try_upgradable(&self) -> Option<RwLockUpgradableGuard<'_, T>> {
        Some(RwLockUpgradableGuard::new(
            self.inner.try_upgradable_read()?,
        ))
    }

    /// Waits for a limited time to acquire the lock for reading with the right to write.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if the time was up first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{RwLock, TimedOut};
    ///
    /// let lock = RwLock::new(1);
    /// let held = lock.upgradable();
    /// std::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         let late = lock.upgradable_timeout(Duration::from_millis(5));
    ///         assert_eq!(late.err(), Some(TimedOut));
    ///     });
    /// });
    /// drop(held);
    /// assert!(lock.upgradable_timeout(Duration::from_millis(5)).is_ok());
    /// ```
    #[inline]
    #[track_caller]
    pub fn upgradable_timeout(
        &self,
        timeout: Duration,
    ) -> Result<RwLockUpgradableGuard<'_, T>, TimedOut> {
        let guard = self.inner.try_upgradable_read_for(timeout);
        Ok(RwLockUpgradableGuard::new(guard.ok_or(TimedOut)?))
    }

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
        self.inner.is_locked()
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
        self.inner.is_locked_exclusive()
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
        self.inner.get_mut()
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
        self.raw().tag().label()
    }

    /// The raw half, for guards that keep its state themselves.
    #[inline]
    pub(super) fn raw(&self) -> &TracedRwLock {
        // SAFETY: within this room the raw lock is released only with the state of an acquisition
        // whose guard goes away with it.
        unsafe { self.inner.raw() }
    }

    /// Where the value is, for guards that hold the lock.
    #[inline]
    pub(super) fn value_ptr(&self) -> *mut T {
        self.inner.data_ptr()
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

/// Never waits: a lock that is written shows as such, by whom where that is known.
impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("RwLock");
        match Printing::begin(self) {
            None => fields.field("value", &format_args!("<itself>")),
            Some(_printing) => match self.inner.try_read() {
                Some(value) => fields.field("value", &&*value),
                None => fields.field("value", &format_args!("<locked>")),
            },
        };
        self.raw().tag().debug_fields(&mut fields);
        fields.finish_non_exhaustive()
    }
}
