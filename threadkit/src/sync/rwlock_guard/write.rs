//! Writing.

use std::sync::Arc;

use super::super::guard::{Locked, Part};
use super::super::lock_macros::{acquires, guard, guard_mut, maps};
use super::super::rwlock::RwLock;
use super::super::traced_rw::{TracedRwLock, Write};
use super::hold::hold;
use crate::wait::TimedOut;

guard! {
    /// Holds an [`RwLock`](crate::RwLock) for writing; made by [`write`](crate::RwLock::write).
    ///
    /// It stays on the thread that acquired it: it is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{RwLock, RwLockWriteGuard};
    ///
    /// let pair = RwLock::new((1, "one".to_owned()));
    /// RwLockWriteGuard::map(pair.write(), |pair| &mut pair.1).push('!');
    /// assert_eq!(pair.read().1, "one!");
    /// ```
    RwLockWriteGuard<'a> over &'a RwLock<T>, Write;

    /// Releases the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RwLock;
    ///
    /// let lock = RwLock::new(1);
    /// let guard = lock.write();
    /// assert!(lock.try_write().is_none());
    /// guard.release();
    /// assert!(lock.try_write().is_some());
    /// ```
    release
}

guard! {
    /// Holds an [`RwLock`](crate::RwLock) for writing and gives a part of its value; made by
    /// [`RwLockWriteGuard::map`].
    ///
    /// It stays on the thread that acquired it: it is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{MappedRwLockWriteGuard, RwLock, RwLockWriteGuard};
    ///
    /// fn points(entry: &RwLock<(String, u32)>) -> MappedRwLockWriteGuard<'_, u32> {
    ///     RwLockWriteGuard::map(entry.write(), |(_, points)| points)
    /// }
    ///
    /// let entry = RwLock::new(("Ada".to_owned(), 9));
    /// *points(&entry) += 1;
    /// assert_eq!(entry.read().1, 10);
    /// ```
    MappedRwLockWriteGuard<'a> over Part<'a, TracedRwLock, *mut T>, Write;

    /// Releases the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{RwLock, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let guard = RwLockWriteGuard::map(lock.write(), |all| all);
    /// assert!(lock.try_write().is_none());
    /// guard.release();
    /// assert!(lock.try_write().is_some());
    /// ```
    release
}

guard! {
    /// Holds an [`RwLock`] that is in an [`Arc`] for writing, and keeps it alive; made by
    /// [`RwLock::write_owned`].
    ///
    /// It stays on the thread that acquired it: it is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// /// A value that one session at a time edits, for as long as it lives.
    /// struct Session {
    ///     text: OwnedRwLockWriteGuard<String>,
    /// }
    ///
    /// let text = Arc::new(RwLock::new(String::new()));
    /// let mut session = Session { text: text.write_owned() };
    /// session.text.push_str("draft");
    /// assert!(text.try_read().is_none());
    /// drop(session);
    /// assert_eq!(*text.read(), "draft");
    /// ```
    OwnedRwLockWriteGuard<> over Arc<RwLock<T>>, Write;

    /// Releases the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::RwLock;
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let guard = lock.write_owned();
    /// assert!(lock.try_write().is_none());
    /// guard.release();
    /// assert!(lock.try_write().is_some());
    /// ```
    release
}

guard_mut!(
    RwLockWriteGuard<'_, T>,
    MappedRwLockWriteGuard<'_, T>,
    OwnedRwLockWriteGuard<T>
);

acquires! {
    RwLock, RwLockWriteGuard<'_> from Self, lock => lock;

    /// Waits until no other thread reads or writes, and acquires the lock for writing.
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
    #[doc(alias = "acquire_write")]
    write

    /// Acquires the lock for writing if that needs no waiting.
    ///
    /// The result is the guard: bind it by `let Some(guard) = lock.try_write() else { return };`. A test by `is_none()`
    /// releases the lock before the next line.
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
    try_write

    /// Waits for a limited time to acquire the lock for writing.
    ///
    /// A zero timeout means one attempt; `Duration::MAX` means no limit.
    ///
    /// The result is the guard: bind it by `let Ok(guard) = lock.write_timeout(d) else { return };`. A test by
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
    /// let reader = lock.read();
    /// assert_eq!(lock.write_timeout(Duration::from_millis(5)).err(), Some(TimedOut));
    /// # drop(reader);
    /// ```
    write_timeout
}

acquires! {
    RwLock, OwnedRwLockWriteGuard<> from Arc<Self>, lock => Arc::clone(lock);

    /// Like [`write`](Self::write), with a guard that keeps the lock alive.
    ///
    /// # Panics
    ///
    /// As [`write`](Self::write).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{OwnedRwLockWriteGuard, RwLock};
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let mut guard = lock.write_owned();
    /// *guard = 2;
    /// let guard = guard.downgrade();
    /// assert_eq!(*lock.read() + *guard, 4);
    /// ```
    #[doc(alias = "write_arc")]
    write_owned

    /// Like [`try_write`](Self::try_write), with a guard that keeps the lock alive.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::RwLock;
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let guard = lock.try_write_owned().expect("no thread holds it");
    /// assert!(lock.try_write().is_none());
    /// drop(guard);
    /// let writer = lock.write();
    /// assert!(lock.try_write_owned().is_none());
    /// # drop(writer);
    /// ```
    try_write_owned

    /// Like [`write_timeout`](Self::write_timeout), with a guard that keeps the lock alive.
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
    /// let late = lock.write_timeout_owned(Duration::from_millis(5));
    /// assert_eq!(late.err(), Some(TimedOut));
    /// drop(writer);
    /// let guard = lock.write_timeout_owned(Duration::from_secs(5)).unwrap();
    /// assert_eq!(*guard, 1);
    /// ```
    write_timeout_owned
}

maps!(
    RwLock, RwLockWriteGuard => MappedRwLockWriteGuard, map_mut, try_map_mut, mut;
    "RwLockWriteGuard", "lock.write()", "(1, 2)"
);
maps!(
    RwLock, MappedRwLockWriteGuard => MappedRwLockWriteGuard, map_mut, try_map_mut, mut;
    "MappedRwLockWriteGuard, RwLockWriteGuard",
    "RwLockWriteGuard::map(lock.write(), |value| &mut value.0)", "1"
);
