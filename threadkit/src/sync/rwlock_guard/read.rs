//! Reading.

use std::sync::Arc;

use super::super::guard::{Locked, Part};
use super::super::lock_macros::{acquires, guard, maps};
use super::super::rwlock::RwLock;
use super::super::traced_rw::{Read, TracedRwLock};
use super::hold::hold;
use crate::wait::TimedOut;

guard! {
    /// Holds an [`RwLock`](crate::RwLock) for reading; made by [`read`](crate::RwLock::read).
    ///
    /// It stays on the thread that acquired it: it is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{RwLock, RwLockReadGuard};
    ///
    /// let pair = RwLock::new((1, "one"));
    /// let word = RwLockReadGuard::map(pair.read(), |pair| &pair.1);
    /// assert_eq!(*word, "one");
    /// ```
    RwLockReadGuard<'a> over &'a RwLock<T>, Read;

    /// Releases the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RwLock;
    ///
    /// let lock = RwLock::new(1);
    /// let guard = lock.read();
    /// assert!(lock.try_write().is_none());
    /// guard.release();
    /// assert!(lock.try_write().is_some());
    /// ```
    release
}

guard! {
    /// Holds an [`RwLock`](crate::RwLock) for reading and gives a part of its value; made by
    /// [`RwLockReadGuard::map`].
    ///
    /// It stays on the thread that acquired it: it is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{MappedRwLockReadGuard, RwLock, RwLockReadGuard};
    ///
    /// fn name(entry: &RwLock<(String, u32)>) -> MappedRwLockReadGuard<'_, str> {
    ///     RwLockReadGuard::map(entry.read(), |(name, _)| &**name)
    /// }
    ///
    /// let entry = RwLock::new(("Ada".to_owned(), 9));
    /// assert_eq!(&*name(&entry), "Ada");
    /// ```
    MappedRwLockReadGuard<'a> over Part<'a, TracedRwLock, *const T>, Read;

    /// Releases the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{RwLock, RwLockReadGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let guard = RwLockReadGuard::map(lock.read(), |all| all);
    /// assert!(lock.try_write().is_none());
    /// guard.release();
    /// assert!(lock.try_write().is_some());
    /// ```
    release
}

guard! {
    /// Holds an [`RwLock`] that is in an [`Arc`] for reading, and keeps it alive; made by
    /// [`RwLock::read_owned`].
    ///
    /// It stays on the thread that acquired it: it is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::RwLock;
    ///
    /// let lock = Arc::new(RwLock::new(5));
    /// let guard = lock.read_owned();
    /// drop(lock);
    /// assert_eq!(*guard, 5, "the guard keeps it alive");
    /// ```
    OwnedRwLockReadGuard<> over Arc<RwLock<T>>, Read;

    /// Releases the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::RwLock;
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let guard = lock.read_owned();
    /// assert!(lock.try_write().is_none());
    /// guard.release();
    /// assert!(lock.try_write().is_some());
    /// ```
    release
}

acquires! {
    RwLock, RwLockReadGuard<'_> from Self, lock => lock;

    /// Waits until no thread writes or waits to write, and acquires the lock for reading.
    ///
    /// # Panics
    ///
    /// In debug builds, if this thread holds the lock for writing; in a release build without the
    /// feature `inspect` such a call never returns. If this thread reads already, debug builds report on
    /// standard error that it would wait for ever if a writer came in between.
    /// [`try_read`](Self::try_read) never waits.
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
    #[doc(alias = "acquire_read")]
    #[doc(alias = "lock_shared")]
    read

    /// Acquires the lock for reading if that needs no waiting.
    ///
    /// The result is the guard: bind it by `let Some(guard) = lock.try_read() else { return };`. A test by `is_none()`
    /// releases the lock before the next line.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = threadkit::RwLock::new(1);
    /// let writer = lock.write();
    /// assert!(lock.try_read().is_none());
    /// writer.release();
    /// assert_eq!(*lock.try_read().expect("no thread writes"), 1);
    /// ```
    try_read

    /// Waits for a limited time to acquire the lock for reading.
    ///
    /// A zero timeout means one attempt; `Duration::MAX` means no limit.
    ///
    /// The result is the guard: bind it by `let Ok(guard) = lock.read_timeout(d) else { return };`. A test by
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
    /// let writer = lock.write();
    /// assert_eq!(lock.read_timeout(Duration::from_millis(5)).err(), Some(TimedOut));
    /// writer.release();
    /// assert_eq!(*lock.read_timeout(Duration::from_millis(5)).unwrap(), 1);
    /// ```
    read_timeout
}

acquires! {
    RwLock, OwnedRwLockReadGuard<> from Arc<Self>, lock => Arc::clone(lock);

    /// Like [`read`](Self::read), with a guard that keeps the lock alive.
    ///
    /// # Panics
    ///
    /// As [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockReadGuard, RwLock};
    ///
    /// fn snapshot(of: &Arc<RwLock<Vec<u32>>>) -> impl Iterator<Item = u32> + use<> {
    ///     let numbers: OwnedRwLockReadGuard<_> = of.read_owned();
    ///     (0..numbers.len()).map(move |n| numbers[n]) // reads on until this is dropped
    /// }
    ///
    /// let numbers = Arc::new(RwLock::new(vec![1, 2]));
    /// let seen = snapshot(&numbers);
    /// assert!(numbers.try_write().is_none());
    /// assert_eq!(seen.sum::<u32>(), 3);
    /// assert!(numbers.try_write().is_some());
    /// ```
    #[doc(alias = "read_arc")]
    read_owned

    /// Like [`try_read`](Self::try_read), with a guard that keeps the lock alive.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::RwLock;
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let guard = lock.try_read_owned().expect("no thread holds it");
    /// assert!(lock.try_write().is_none());
    /// drop(guard);
    /// let writer = lock.write();
    /// assert!(lock.try_read_owned().is_none());
    /// # drop(writer);
    /// ```
    try_read_owned

    /// Like [`read_timeout`](Self::read_timeout), with a guard that keeps the lock alive.
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
    /// let late = lock.read_timeout_owned(Duration::from_millis(5));
    /// assert_eq!(late.err(), Some(TimedOut));
    /// drop(writer);
    /// let guard = lock.read_timeout_owned(Duration::from_secs(5)).unwrap();
    /// assert_eq!(*guard, 1);
    /// ```
    read_timeout_owned
}

maps!(
    RwLock, RwLockReadGuard => MappedRwLockReadGuard, map, try_map;
    "RwLockReadGuard", "lock.read()", "(1, 2)"
);
maps!(
    RwLock, MappedRwLockReadGuard => MappedRwLockReadGuard, map, try_map;
    "MappedRwLockReadGuard, RwLockReadGuard",
    "RwLockReadGuard::map(lock.read(), |value| &value.0)", "1"
);
