//! [`Lock`] and its guards.

use core::cell::UnsafeCell;
use core::mem::ManuallyDrop;
use std::sync::Arc;

use super::guard::{Guard, Hold, Locked, Part, Pointer};
use super::lock_macros::{acquires, around_value, guard, guard_mut, maps};
use super::relock::relocking;
use super::traced::{Exclusive, TracedLock};
use crate::backend::Acquired;
use crate::inspect::LockTag;
use crate::wait::TimedOut;

/// A lock around a value. One thread at a time holds it, and no thread starves.
///
/// [`acquire`](Self::acquire) waits for the lock and returns a guard, which gives access to the value.
/// The lock is released when the guard goes out of scope, or by its [`release`](LockGuard::release).
/// `Lock` alone means `Lock<()>`, which protects a section of code and no value.
///
/// | | |
/// | --- | --- |
/// | fair? | Under short contention a running thread may overtake waiters, which is fastest. A thread that has waited for about four milliseconds is served in order. |
/// | reentrant? | No: see [`RLock`](crate::RLock). A thread that acquires a lock that it holds would wait for itself; debug builds panic and name both places. |
/// | a panic while held | releases the lock; there is no poisoning. |
/// | the guard | stays on its thread (`!Send`); can be shared if the value can. |
/// | size | that of parking_lot's mutex around a word of data: `Lock<u64>` has 16 bytes in a release build. |
///
/// # Differences from Python's `Lock`
///
/// The lock owns the value that it protects, so no access can forget the lock. Only the guard releases it,
/// and no other thread can. `acquire(blocking=False)` is [`try_acquire`](Self::try_acquire),
/// `acquire(timeout=1)` is [`acquire_timeout`](Self::acquire_timeout), `with lock:` is
/// [`with`](Self::with) or a guard in a block.
///
/// # Differences from `std::sync::Mutex`
///
/// There is no poisoning, and so no `unwrap`. Waiting is bounded, waits can have a time limit, guards can
/// own their lock, and debug builds report a self-deadlock instead of hanging.
///
/// Do not use it inside a global allocator: a thread that has to wait may allocate, and would then wait for
/// itself. That applies to every type here that waits. [`try_acquire`](Self::try_acquire) never allocates.
///
/// # Examples
///
/// ```
/// use threadkit::Lock;
///
/// static TOTAL: Lock<u64> = Lock::new(0);
///
/// let workers: Vec<_> = (1..=4)
///     .map(|n| threadkit::spawn(move || {
///         for _ in 0..1000 {
///             *TOTAL.acquire() += n;
///         }
///     }))
///     .collect();
/// for worker in workers {
///     worker.join().unwrap();
/// }
/// assert_eq!(*TOTAL.acquire(), 10_000);
/// ```
///
/// A `const` is a new lock at every use, and so protects nothing. Share a lock as a `static`, or in an
/// [`Arc`].
#[doc(alias = "Mutex")]
pub struct Lock<T: ?Sized = ()> {
    raw: TracedLock,
    value: UnsafeCell<T>,
}

// SAFETY: sharing the lock lets one thread after the other have `&mut T`, and never two at a time, which is
// what sending a value allows.
unsafe impl<T: ?Sized + Send> Sync for Lock<T> {}

around_value! {
    Lock: TracedLock, LockTag;

    /// Makes a lock around `value`.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Lock;
    ///
    /// static LOG: Lock<Vec<&str>> = Lock::new(Vec::new());
    /// LOG.acquire().push("begun");
    /// assert_eq!(*LOG.acquire(), ["begun"]);
    /// ```
    new

    /// Makes a lock with a name, which reports use for it.
    ///
    /// A release build keeps the name only with the feature `inspect`. Reports may show it after the lock is gone, so
    /// it lives for ever: leak a name that is made at run time, as in `Lock::named(format!("shelf {n}").leak(), ..)`.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Lock;
    ///
    /// static ACCOUNTS: Lock<Vec<u64>> = Lock::named("accounts", Vec::new());
    /// ACCOUNTS.acquire().push(100);
    /// assert_eq!(ACCOUNTS.acquire().len(), 1);
    /// ```
    named

    /// Consumes the lock and returns the value.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = threadkit::Lock::new(vec![1]);
    /// lock.acquire().push(2);
    /// assert_eq!(lock.into_inner(), [1, 2]);
    /// ```
    into_inner

    /// Never waits. Shows that the lock is held, and the holder if it is known.
    Debug by print_value, try_acquire
}

acquires! {
    Lock, LockGuard<'_> from Self, lock => lock;

    /// Waits for the lock and acquires it.
    ///
    /// # Panics
    ///
    /// In debug builds, if this thread holds the lock already; in a release build without the
    /// feature `inspect` such a call never returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Lock;
    ///
    /// let lock = Lock::new(vec![1]);
    /// let mut guard = lock.acquire();
    /// guard.push(2);
    /// guard.release();
    /// assert_eq!(lock.into_inner(), [1, 2]);
    /// ```
    #[doc(alias = "lock")]
    #[doc(alias = "__enter__")]
    acquire

    /// Acquires the lock if that needs no waiting.
    ///
    /// The result is the guard: bind it by `let Some(guard) = lock.try_acquire() else { return };`. A test by
    /// `is_none()` releases the lock before the next line.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Lock;
    ///
    /// let lock = Lock::new(1);
    /// let guard = lock.try_acquire().expect("no thread holds it");
    /// assert!(lock.try_acquire().is_none());
    /// drop(guard);
    /// ```
    #[doc(alias = "try_lock")]
    try_acquire

    /// Waits for the lock for a limited time.
    ///
    /// A zero timeout means one attempt; `Duration::MAX` means no limit.
    ///
    /// The result is the guard: bind it by `let Ok(guard) = lock.acquire_timeout(d) else { return };`. A test by
    /// `is_err()` releases the lock before the next line.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if the lock was not free in time. That includes a lock that this thread holds itself.
    ///
    /// # Panics
    ///
    /// With `Duration::MAX`, as [`acquire`](Self::acquire).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{Lock, TimedOut};
    ///
    /// let lock = Lock::new(1);
    /// let held = lock.acquire();
    /// assert_eq!(lock.acquire_timeout(Duration::from_millis(5)).err(), Some(TimedOut));
    /// held.release();
    /// assert_eq!(*lock.acquire_timeout(Duration::from_millis(5)).unwrap(), 1);
    /// ```
    #[doc(alias = "try_lock_for")]
    acquire_timeout
}

acquires! {
    Lock, OwnedLockGuard<> from Arc<Self>, lock => Arc::clone(lock);

    /// Waits for the lock and acquires it, with a guard that keeps the lock alive.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{Lock, OwnedLockGuard};
    ///
    /// fn first_line(log: &Arc<Lock<Vec<String>>>) -> OwnedLockGuard<Vec<String>> {
    ///     let mut lines = log.acquire_owned();
    ///     lines.push("started".to_owned());
    ///     lines // the lock is still held, by a guard that borrows nothing
    /// }
    ///
    /// let lines = first_line(&Arc::new(Lock::new(Vec::new())));
    /// assert_eq!(lines.len(), 1);
    /// ```
    #[doc(alias = "lock_arc")]
    acquire_owned

    /// Like [`try_acquire`](Self::try_acquire), with a guard that keeps the lock alive.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::Lock;
    ///
    /// let lock = Arc::new(Lock::new(1));
    /// let held = lock.try_acquire_owned().expect("no thread holds it");
    /// assert!(lock.try_acquire_owned().is_none());
    /// held.release();
    /// assert!(!lock.is_locked());
    /// ```
    try_acquire_owned

    /// Like [`acquire_timeout`](Self::acquire_timeout), with a guard that keeps the lock alive.
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
    /// use threadkit::{Lock, TimedOut};
    ///
    /// let lock = Arc::new(Lock::new(1));
    /// let held = lock.acquire_owned();
    /// let late = lock.acquire_timeout_owned(Duration::from_millis(5));
    /// assert_eq!(late.err(), Some(TimedOut));
    /// held.release();
    /// assert_eq!(*lock.acquire_timeout_owned(Duration::from_secs(5)).unwrap(), 1);
    /// ```
    acquire_timeout_owned
}

impl<T: ?Sized> Lock<T> {
    /// Runs `f` on the value, under the lock.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire). A panic in `f` propagates, and the lock is released.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Lock;
    ///
    /// let lock = Lock::new(1);
    /// let before = lock.with(|n| std::mem::replace(n, 5));
    /// assert_eq!((before, lock.into_inner()), (1, 5));
    /// ```
    #[inline]
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut *self.acquire())
    }

    /// Whether some thread holds the lock at this moment; the answer may be
    /// out of date at once.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = threadkit::Lock::new(1);
    /// let guard = lock.acquire();
    /// assert!(lock.is_locked());
    /// guard.release();
    /// assert!(!lock.is_locked());
    /// ```
    #[inline]
    #[must_use]
    #[doc(alias = "locked")]
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// Acquires the lock. `advice` is shown to a thread that holds the lock already, for callers whose users
    /// do not see a `Lock`.
    #[track_caller]
    pub(super) fn acquire_advised(
        &self,
        advice: impl FnOnce(Option<&str>, Option<&str>) -> String,
    ) -> LockGuard<'_, T> {
        self.raw.tag().refuse_reentry(advice);
        self.acquire()
    }
}

/// Makes a guard from an acquisition that was just made of the lock of `pointer`.
#[inline(always)]
fn hold<P: Pointer<Raw = TracedLock>>(pointer: P, acquired: Acquired) -> Guard<P, Exclusive> {
    // SAFETY: the callers are in this file, and pass on the acquisition that they have just made, of the
    // lock that they are methods of.
    unsafe { Guard::new(pointer, acquired) }
}

impl<P: Pointer<Raw = TracedLock>> Guard<P, Exclusive> {
    /// Runs `f` with the lock released; it is acquired again before this returns or unwinds.
    #[track_caller]
    pub(super) fn unlocked<R>(&mut self, f: impl FnOnce() -> R) -> R {
        let (raw, acquired) = self.parts();
        // SAFETY: replaced by the next acquisition on every way out of here, before the guard can be used or
        // dropped.
        let before = unsafe { ManuallyDrop::take(acquired) };
        let relock = || *acquired = ManuallyDrop::new(raw.lock());
        let result = relocking(relock, || {
            // SAFETY: this is the acquisition that the guard stands for, and `&mut self` says that no
            // reference through the guard is left.
            unsafe { Exclusive::release(raw, before) };
            f()
        });
        raw.tag().reacquired();
        result
    }
}

guard! {
    /// Holds a [`Lock`] and gives its value; dropping it releases the lock.
    ///
    /// Made by [`Lock::acquire`] and its other forms.
    ///
    /// It stays on the thread that acquired it: it is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Lock;
    ///
    /// let lock = Lock::new(vec![1]);
    /// let mut guard = lock.acquire();
    /// guard.push(2);
    /// guard.release();
    /// assert_eq!(lock.acquire().len(), 2);
    /// ```
    LockGuard<'a> over &'a Lock<T>, Exclusive;

    /// Releases the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Lock;
    ///
    /// let total = Lock::new(0);
    /// let mut guard = total.acquire();
    /// *guard += 1;
    /// guard.release();
    /// assert_eq!(*total.acquire(), 1, "this thread would wait for itself otherwise");
    /// ```
    #[doc(alias = "__exit__")]
    release
}

guard! {
    /// Holds a [`Lock`] and gives a part of its value; made by [`LockGuard::map`].
    ///
    /// It stays on the thread that acquired it: it is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Lock, LockGuard, MappedLockGuard};
    ///
    /// struct Ledger {
    ///     total: Lock<(String, u64)>,
    /// }
    ///
    /// impl Ledger {
    ///     fn amount(&self) -> MappedLockGuard<'_, u64> {
    ///         LockGuard::map(self.total.acquire(), |(_, amount)| amount)
    ///     }
    /// }
    ///
    /// let ledger = Ledger { total: Lock::new(("rent".into(), 5)) };
    /// *ledger.amount() += 1;
    /// assert_eq!(*ledger.amount(), 6);
    /// ```
    MappedLockGuard<'a> over Part<'a, TracedLock, *mut T>, Exclusive;

    /// Releases the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Lock, LockGuard};
    ///
    /// let pair = Lock::new((1, "one"));
    /// let word = LockGuard::map(pair.acquire(), |pair| &mut pair.1);
    /// assert!(pair.is_locked(), "the whole of it, for a part");
    /// word.release();
    /// assert!(!pair.is_locked());
    /// ```
    release
}

guard! {
    /// Holds a [`Lock`] that is in an [`Arc`], and keeps it alive; made by [`Lock::acquire_owned`].
    ///
    /// It stays on the thread that acquired it: it is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{Lock, OwnedLockGuard};
    ///
    /// /// Keeps what it has locked, and needs no lifetime for it.
    /// struct Session {
    ///     log: OwnedLockGuard<Vec<&'static str>>,
    /// }
    ///
    /// let log = Arc::new(Lock::new(Vec::new()));
    /// let mut session = Session { log: Arc::clone(&log).acquire_owned() };
    /// session.log.push("begun");
    /// assert!(log.is_locked());
    /// drop(session);
    /// assert_eq!(*log.acquire(), ["begun"]);
    /// ```
    OwnedLockGuard<> over Arc<Lock<T>>, Exclusive;

    /// Releases the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::Lock;
    ///
    /// let total = Arc::new(Lock::new(0));
    /// let mut guard = total.acquire_owned();
    /// *guard += 1;
    /// guard.release();
    /// assert_eq!(*total.acquire(), 1, "this thread would wait for itself otherwise");
    /// ```
    release
}

guard_mut!(LockGuard<'_, T>, MappedLockGuard<'_, T>, OwnedLockGuard<T>);

maps!(
    Lock, LockGuard => MappedLockGuard, map_mut, try_map_mut, mut;
    "LockGuard", "lock.acquire()", "(1, 2)"
);
maps!(
    Lock, MappedLockGuard => MappedLockGuard, map_mut, try_map_mut, mut;
    "LockGuard, MappedLockGuard",
    "LockGuard::map(lock.acquire(), |value| &mut value.0)", "1"
);
