//! The guards of [`RwLock`], and how they are acquired.

use core::time::Duration;
use std::sync::Arc;

use super::guard::{Guard, Locked, Part, Pointer};
use super::lock_macros::{acquires, guard, guard_mut, maps};
use super::rwlock::RwLock;
use super::traced_rw::{Above, OfSide, OnSide, Read, TracedRwLock, Upgradable, Write};
use crate::wait::TimedOut;

/// Makes a guard from an acquisition that was just made of the lock of `pointer`.
#[inline(always)]
fn hold<P, S>(pointer: P, acquired: OfSide<S>) -> Guard<P, S>
where
    P: Pointer<Raw = TracedRwLock>,
    S: OnSide,
{
    // SAFETY: the callers are in this file. They pass on an acquisition that they have just made, or got in
    // exchange for another one, of the lock of that pointer.
    unsafe { Guard::new(pointer, acquired) }
}

impl<P: Pointer<Raw = TracedRwLock>> Guard<P, Upgradable> {
    #[inline]
    #[track_caller]
    fn upgrade(self) -> Guard<P, Write> {
        // While the guard still owns its acquisition, so that a panic releases it.
        self.raw().tag().refuse_upgrade();
        let (pointer, acquired) = self.into_parts();
        // SAFETY: the acquisition was that of the guard, and is of this lock and thread.
        let acquired = unsafe { pointer.raw().upgrade(acquired) };
        hold(pointer, acquired)
    }

    #[inline]
    #[track_caller]
    fn try_upgrade(self, timeout: Option<Duration>) -> Result<Guard<P, Write>, Self> {
        if timeout == Some(Duration::MAX) {
            return Ok(self.upgrade());
        }
        let (pointer, acquired) = self.into_parts();
        // SAFETY: as above.
        match unsafe { pointer.raw().try_upgrade(acquired, timeout) } {
            Ok(acquired) => Ok(hold(pointer, acquired)),
            Err(acquired) => Err(hold(pointer, acquired)),
        }
    }
}

impl<P, S> Guard<P, S>
where
    P: Pointer<Raw = TracedRwLock>,
    S: OnSide,
{
    #[inline]
    #[track_caller]
    fn downgrade<To: OnSide>(self) -> Guard<P, To>
    where
        S: Above<To>,
    {
        let (pointer, acquired) = self.into_parts();
        // SAFETY: as above.
        let acquired = unsafe { pointer.raw().downgrade(acquired) };
        hold(pointer, acquired)
    }
}

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

macro_rules! changes {
    (
        $read:ident, $upgradable:ident, $write:ident <$($life:lifetime)?>;
        $lock:literal $owned:literal
    ) => {
        impl<$($life,)? T: ?Sized> $write<$($life,)? T> {
            /// Becomes a reader, and lets others read. No other thread writes in between.
            ///
            /// A method, as everything is that makes another guard of this one for the whole value; a method of the
            /// value with this name is called as `T::downgrade(&guard)`.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $lock]
            #[doc = concat!("let mut guard = lock.write", $owned, "();")]
            /// *guard = 2;
            /// let guard = guard.downgrade();
            /// assert_eq!(*lock.read(), *guard);
            /// assert!(lock.try_write().is_none());
            /// ```
            #[inline]
            #[track_caller]
            pub fn downgrade(self) -> $read<$($life,)? T> {
                $read::new(self.held.downgrade())
            }

            /// Becomes an upgradable reader, and lets others read. No other thread writes in between.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $lock]
            #[doc = concat!("let guard = lock.write", $owned, "().downgrade_to_upgradable();")]
            /// let reader = lock.try_read().expect("others read now");
            /// assert_eq!(*guard + *reader, 2);
            /// drop(reader);
            /// *guard.upgrade() = 2;
            /// assert_eq!(*lock.read(), 2);
            /// ```
            #[inline]
            #[track_caller]
            pub fn downgrade_to_upgradable(self) -> $upgradable<$($life,)? T> {
                $upgradable::new(self.held.downgrade())
            }
        }

        impl<$($life,)? T: ?Sized> $upgradable<$($life,)? T> {
            /// Waits until no other thread reads, and becomes the writer. No other thread writes in between.
            ///
            /// If a reader waits for this thread, this never returns.
            ///
            /// # Panics
            ///
            /// In debug builds, if this thread reads through another guard as well; in a release build
            /// without the feature `inspect` such a call never returns.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $lock]
            #[doc = concat!("let guard = lock.upgradable", $owned, "(); // others may read")]
            /// if *guard < 5 {
            ///     *guard.upgrade() += 1; // no other thread wrote in between
            /// }
            /// assert_eq!(*lock.read(), 2);
            /// ```
            #[inline]
            #[track_caller]
            pub fn upgrade(self) -> $write<$($life,)? T> {
                $write::new(self.held.upgrade())
            }

            /// Becomes the writer if no other thread reads.
            ///
            /// # Errors
            ///
            /// The guard itself, if another thread reads.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $lock]
            #[doc = concat!("let (reader, guard) = (lock.read(), lock.upgradable", $owned, "());")]
            /// let guard = guard.try_upgrade().expect_err("one reads");
            /// drop(reader);
            /// *guard.try_upgrade().expect("no other thread reads") = 2;
            /// assert_eq!(*lock.read(), 2);
            /// ```
            #[inline]
            #[track_caller]
            pub fn try_upgrade(self) -> Result<$write<$($life,)? T>, Self> {
                let upgraded = self.held.try_upgrade(None).map_err(Self::new)?;
                Ok($write::new(upgraded))
            }

            /// Waits for a limited time until no other thread reads, and becomes the writer.
            ///
            /// # Errors
            ///
            /// The guard itself, if another thread still reads at the end of that time.
            ///
            /// # Panics
            ///
            /// With `Duration::MAX`, as [`upgrade`](Self::upgrade).
            ///
            /// # Examples
            ///
            /// ```
            /// use std::time::Duration;
            #[doc = $lock]
            #[doc = concat!("let (reader, guard) = (lock.read(), lock.upgradable", $owned, "());")]
            /// let limit = Duration::from_millis(5);
            /// let guard = guard.upgrade_timeout(limit).expect_err("one reads");
            /// drop(reader);
            /// *guard.upgrade_timeout(limit).expect("no other thread reads") = 2;
            /// assert_eq!(*lock.read(), 2);
            /// ```
            #[inline]
            #[track_caller]
            pub fn upgrade_timeout(
                self,
                timeout: Duration,
            ) -> Result<$write<$($life,)? T>, Self> {
                let upgraded = self.held.try_upgrade(Some(timeout)).map_err(Self::new)?;
                Ok($write::new(upgraded))
            }

            /// Becomes a reader without the right to write.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = $lock]
            #[doc = concat!("let guard = lock.upgradable", $owned, "().downgrade();")]
            /// assert!(lock.try_upgradable().is_some(), "another may have the right now");
            /// assert_eq!(*guard, 1);
            /// ```
            #[inline]
            #[track_caller]
            pub fn downgrade(self) -> $read<$($life,)? T> {
                $read::new(self.held.downgrade())
            }
        }
    };
}

changes!(
    RwLockReadGuard, RwLockUpgradableGuard, RwLockWriteGuard<'a>;
    "use threadkit::RwLock;\n\nlet lock = RwLock::new(1);" ""
);
changes!(
    OwnedRwLockReadGuard, OwnedRwLockUpgradableGuard, OwnedRwLockWriteGuard<>;
    "use std::sync::Arc;\nuse threadkit::RwLock;\n\nlet lock = Arc::new(RwLock::new(1));" "_owned"
);

maps!(
    RwLock, RwLockReadGuard => MappedRwLockReadGuard, map, try_map;
    "RwLockReadGuard", "lock.read()", "(1, 2)"
);
maps!(
    RwLock, MappedRwLockReadGuard => MappedRwLockReadGuard, map, try_map;
    "MappedRwLockReadGuard, RwLockReadGuard",
    "RwLockReadGuard::map(lock.read(), |value| &value.0)", "1"
);
maps!(
    RwLock, RwLockWriteGuard => MappedRwLockWriteGuard, map_mut, try_map_mut, mut;
    "RwLockWriteGuard", "lock.write()", "(1, 2)"
);
maps!(
    RwLock, MappedRwLockWriteGuard => MappedRwLockWriteGuard, map_mut, try_map_mut, mut;
    "MappedRwLockWriteGuard, RwLockWriteGuard",
    "RwLockWriteGuard::map(lock.write(), |value| &mut value.0)", "1"
);
