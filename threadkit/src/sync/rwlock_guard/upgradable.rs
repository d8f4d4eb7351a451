//! Reading with the right to write.

use std::sync::Arc;

use super::super::guard::Locked;
use super::super::lock_macros::{acquires, guard};
use super::super::rwlock::RwLock;
use super::super::traced_rw::Upgradable;
use super::hold::hold;
use crate::wait::TimedOut;

guard! {
    /// Holds an [`RwLock`](crate::RwLock) for reading, with the right to write; made by
    /// [`upgradable`](crate::RwLock::upgradable).
    ///
    /// It stays on the thread that acquired it: it is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{RwLock, RwLockUpgradableGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let (reader, guard) = (lock.read(), lock.upgradable());
    /// let limit = Duration::from_millis(5);
    /// let guard = guard.upgrade_timeout(limit).expect_err("one reads");
    /// reader.release();
    /// let mut guard = guard.try_upgrade().expect("no other thread reads");
    /// *guard = 2;
    /// drop(guard);
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    RwLockUpgradableGuard<'a> over &'a RwLock<T>, Upgradable;

    /// Releases the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RwLock;
    ///
    /// let lock = RwLock::new(1);
    /// let guard = lock.upgradable();
    /// assert!(lock.try_write().is_none());
    /// guard.release();
    /// assert!(lock.try_write().is_some());
    /// ```
    release
}

guard! {
    /// Holds an [`RwLock`] that is in an [`Arc`] for reading, with the right to write, and keeps it
    /// alive; made by [`RwLock::upgradable_owned`].
    ///
    /// It stays on the thread that acquired it: it is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockUpgradableGuard, RwLock};
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let guard = lock.upgradable_owned();
    /// assert_eq!(*guard + *lock.read(), 2, "others can read now");
    /// let mut guard = guard.upgrade();
    /// *guard = 2;
    /// drop(guard);
    /// assert_eq!(*lock.read(), 2);
    /// ```
    OwnedRwLockUpgradableGuard<> over Arc<RwLock<T>>, Upgradable;

    /// Releases the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::RwLock;
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let guard = lock.upgradable_owned();
    /// assert!(lock.try_write().is_none());
    /// guard.release();
    /// assert!(lock.try_write().is_some());
    /// ```
    release
}

acquires! {
    RwLock, RwLockUpgradableGuard<'_> from Self, lock => lock;

    /// Waits until no thread writes or is upgradable, and acquires the lock for reading with the right to
    /// write.
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
    ///     guard.upgrade().push("Grace"); // no other thread wrote in between
    /// }
    /// assert_eq!(names.read().len(), 2);
    /// ```
    #[doc(alias = "upgradable_read")]
    upgradable

    /// Acquires the lock for reading with the right to write, if that needs no waiting.
    ///
    /// The result is the guard: bind it by `let Some(guard) = lock.try_upgradable() else { return };`. A test by
    /// `is_none()` releases the lock before the next line.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = threadkit::RwLock::new(1);
    /// let guard = lock.try_upgradable().expect("no thread writes or is upgradable");
    /// assert!(lock.try_upgradable().is_none(), "one at a time");
    /// assert!(lock.try_write().is_none());
    /// drop(guard);
    /// ```
    try_upgradable

    /// Waits for a limited time to acquire the lock for reading with the right to write.
    ///
    /// The result is the guard: bind it by `let Ok(guard) = lock.upgradable_timeout(d) else { return };`. A test by
    /// `is_err()` releases the lock before the next line.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if the lock was not free in time.
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
    upgradable_timeout
}

acquires! {
    RwLock, OwnedRwLockUpgradableGuard<> from Arc<Self>, lock => Arc::clone(lock);

    /// Like [`upgradable`](Self::upgradable), with a guard that keeps the lock alive.
    ///
    /// # Panics
    ///
    /// As [`upgradable`](Self::upgradable).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockUpgradableGuard, RwLock};
    ///
    /// let names = Arc::new(RwLock::new(vec!["Ada"]));
    /// let guard = names.upgradable_owned(); // others may read
    /// if !guard.contains(&"Grace") {
    ///     guard.upgrade().push("Grace"); // no other thread wrote in between
    /// }
    /// assert_eq!(names.read().len(), 2);
    /// ```
    #[doc(alias = "upgradable_read_arc")]
    upgradable_owned

    /// Like [`try_upgradable`](Self::try_upgradable), with a guard that keeps the lock alive.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::RwLock;
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let guard = lock.try_upgradable_owned().expect("no thread holds it");
    /// assert!(lock.try_write().is_none());
    /// drop(guard);
    /// let writer = lock.write();
    /// assert!(lock.try_upgradable_owned().is_none());
    /// # drop(writer);
    /// ```
    try_upgradable_owned

    /// Like [`upgradable_timeout`](Self::upgradable_timeout), with a guard that keeps the lock alive.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if the lock was not free in time.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    /// use threadkit::{RwLock, TimedOut};
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let writer = lock.write();
    /// let late = lock.upgradable_timeout_owned(Duration::from_millis(5));
    /// assert_eq!(late.err(), Some(TimedOut));
    /// drop(writer);
    /// let guard = lock.upgradable_timeout_owned(Duration::from_secs(5)).unwrap();
    /// assert_eq!(*guard, 1);
    /// ```
    upgradable_timeout_owned
}
