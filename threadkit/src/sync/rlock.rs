//! [`RLock`] and its guards.

use core::cell::UnsafeCell;
use std::sync::Arc;

use super::guard::{Guard, Locked, Part, Pointer};
use super::lock_macros::{acquires, around_value, guard, maps};
use super::reentrant::{Level, ReentrantRaw};
use crate::inspect::LockTag;
use crate::wait::TimedOut;

/// A lock that its holder can acquire again.
///
/// Each acquisition has its own guard, and the lock is free when the last of them is dropped. Several
/// guards of one thread can live at once, so a guard gives `&T` and not `&mut T`. Put a value that changes
/// into a [`Cell`](std::cell::Cell) or [`RefCell`](std::cell::RefCell), or protect no value: `RLock` alone
/// means `RLock<()>`.
///
/// ```compile_fail,E0594
/// let total = threadkit::RLock::new(0);
/// *total.acquire() += 1; // "trait `DerefMut` is required to modify through a dereference"
/// ```
///
/// ```
/// use std::cell::Cell;
///
/// let total = threadkit::RLock::new(Cell::new(0));
/// total.acquire().update(|n| n + 1);
/// assert_eq!(total.into_inner().get(), 1);
/// ```
///
/// End a `borrow_mut()` of the `RefCell` before you call code that may acquire the lock again: that code
/// finds the cell borrowed, and panics if it borrows it too.
///
/// Prefer a [`Lock`](crate::Lock) if you can: let the outer method take the guard and pass `&mut T` to
/// the inner ones.
///
/// | | |
/// | --- | --- |
/// | fair? | As [`Lock`](crate::Lock): running threads may overtake waiters, and a thread that has waited long is served in order. |
/// | reentrant? | Yes, up to 4294967296 levels. |
/// | a panic while held | releases the levels whose guards it drops; there is no poisoning. |
/// | the guard | stays on its thread (`!Send`); can be shared if the value can. |
/// | size | no more than parking_lot's `ReentrantMutex` in a release build. |
///
/// # With a `Condition`
///
/// | the lock | how to wait |
/// | --- | --- |
/// | `RLock<()>`, `RLock<Lock<T>>`, an atomic, any value that is `Sync` | [`wait`](crate::Condition::wait) and its forms, at any depth: they leave all levels and restore them. |
/// | `RLock<RefCell<T>>`, `RLock<Cell<T>>`, any other | the same methods with [`&mut guard.outermost()`](RLockGuard::outermost), which panics if the thread has another guard of the lock; the plain guard does not compile. |
///
/// A thread that holds the `RLock` never waits for the `Lock` inside. As with a `borrow_mut()`, drop the
/// guard of that `Lock` before the wait, and before you call code that acquires it again.
///
/// ```
/// use threadkit::{Condition, Lock, RLock, spawn};
///
/// static ORDERS: RLock<Lock<Vec<&str>>> = RLock::new(Lock::new(Vec::new()));
/// static ARRIVED: Condition = Condition::new();
///
/// fn next() -> &'static str {
///     let mut orders = ORDERS.acquire(); // the waiter's second level
///     ARRIVED.wait_for(&mut orders, |orders| orders.acquire().pop())
/// }
///
/// let waiter = spawn(|| {
///     let _table = ORDERS.acquire();
///     next()
/// });
/// ORDERS.acquire().acquire().push("tea");
/// ARRIVED.notify_one();
/// assert_eq!(waiter.join().unwrap(), "tea");
/// ```
///
/// # Differences from Python's `RLock`
///
/// The lock owns the value that it protects. It cannot be released too often: each guard releases once.
///
/// # Differences from `std::sync::ReentrantLock`
///
/// Waiting is bounded, waits can have a time limit, and guards can own their lock or be mapped. Do not use
/// it inside a global allocator: see [`Lock`](crate::Lock#differences-from-stdsyncmutex).
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use threadkit::RLock;
///
/// static DEPTH: RLock<Cell<u32>> = RLock::new(Cell::new(0));
///
/// fn descend(levels: u32) {
///     let depth = DEPTH.acquire();
///     depth.set(depth.get() + 1);
///     if levels > 1 {
///         descend(levels - 1); // acquires again what this call holds
///     }
/// }
///
/// descend(5);
/// assert_eq!(DEPTH.acquire().get(), 5);
/// ```
#[doc(alias = "ReentrantMutex")]
#[doc(alias = "ReentrantLock")]
#[doc(alias = "recursive")]
pub struct RLock<T: ?Sized = ()> {
    raw: ReentrantRaw,
    value: UnsafeCell<T>,
}

// SAFETY: sharing the lock lets one thread after the other see `&T`, and never two at a time, which
// is what sending a value allows; `get_mut` and `into_inner` need the lock itself. Sending the lock
// sends the value, which the automatic `Send` asks for.
unsafe impl<T: ?Sized + Send> Sync for RLock<T> {}

around_value! {
    RLock: ReentrantRaw, LockTag;

    /// Makes a lock around `value`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use threadkit::RLock;
    ///
    /// static HITS: RLock<Cell<u32>> = RLock::new(Cell::new(0));
    /// HITS.with(|hits| hits.set(hits.get() + 1));
    /// assert_eq!(HITS.acquire().get(), 1);
    /// ```
    new

    /// Makes a lock with a name, which reports use for it.
    ///
    /// A release build keeps the name only with the feature `inspect`.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RLock;
    ///
    /// static TREE: RLock<&str> = RLock::named("tree", "root");
    /// assert_eq!(*TREE.acquire(), "root");
    /// ```
    named

    /// Consumes the lock and returns the value.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = threadkit::RLock::new(String::from("kept"));
    /// assert_eq!(lock.into_inner(), "kept");
    /// ```
    into_inner

    /// Never waits. Shows that another thread holds the lock, and which one if it is known.
    Debug by print_value_once, try_acquire
}

/// Makes a guard of a level that was just entered of the lock of `pointer`.
#[inline(always)]
fn hold<P: Pointer<Raw = ReentrantRaw>>(pointer: P, level: Level) -> Guard<P, Level> {
    // SAFETY: the callers are in this file, and pass on the level that they have just entered, of the lock
    // that they are methods of.
    unsafe { Guard::new(pointer, level) }
}

acquires! {
    RLock, RLockGuard<'_> from Self, lock => lock.whole();

    /// Waits for the lock and acquires it. A thread that holds it already does not wait.
    ///
    /// # Panics
    ///
    /// If this thread holds the lock 4294967296 times. Also if the current task is nested on this thread, and
    /// a task below it holds the lock: a [`ThreadPool`](crate::ThreadPool) runs some tasks in the thread
    /// that submits or joins them, and a nested task does not share the locks of its host.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RLock;
    ///
    /// static LOCK: RLock<u32> = RLock::new(7);
    ///
    /// fn twice() -> u32 {
    ///     let value = LOCK.acquire();
    ///     *value + once()     // acquires it again
    /// }
    ///
    /// fn once() -> u32 {
    ///     *LOCK.acquire()
    /// }
    ///
    /// assert_eq!(twice(), 14);
    /// assert!(!LOCK.is_locked());
    /// ```
    #[doc(alias = "lock")]
    #[doc(alias = "__enter__")]
    acquire

    /// Acquires the lock if that needs no waiting.
    ///
    /// The result is the guard: bind it by `let Some(guard) = lock.try_acquire() else { return };`. A test by
    /// `is_none()` releases the lock before the next line.
    ///
    /// # Panics
    ///
    /// If this thread holds the lock 4294967296 times.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RLock;
    ///
    /// let lock = RLock::new(1);
    /// let outer = lock.acquire();
    /// assert!(lock.try_acquire().is_some(), "it is this thread's own");
    /// std::thread::scope(|s| {
    ///     s.spawn(|| assert!(lock.try_acquire().is_none()));
    /// });
    /// drop(outer);
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
    /// [`TimedOut`] if the lock was not free in time. That includes a lock held by the host of a nested
    /// task.
    ///
    /// # Panics
    ///
    /// If this thread holds the lock 4294967296 times; with `Duration::MAX` as [`acquire`](Self::acquire).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{RLock, TimedOut};
    ///
    /// let lock = RLock::new(1);
    /// let outer = lock.acquire();
    /// assert!(lock.acquire_timeout(Duration::ZERO).is_ok(), "it is this thread's own");
    /// std::thread::scope(|s| {
    ///     s.spawn(|| {
    ///         let late = lock.acquire_timeout(Duration::from_millis(5));
    ///         assert_eq!(late.err(), Some(TimedOut));
    ///     });
    /// });
    /// drop(outer);
    /// ```
    #[doc(alias = "try_lock_for")]
    acquire_timeout
}

acquires! {
    RLock, OwnedRLockGuard<> from Arc<Self>, lock => Arc::clone(lock);

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
    /// use threadkit::RLock;
    ///
    /// let lock = Arc::new(RLock::new(5));
    /// let outer = lock.acquire_owned();
    /// let inner = lock.acquire_owned(); // one level deeper
    /// assert_eq!(*outer + *inner, 10);
    /// ```
    #[doc(alias = "lock_arc")]
    acquire_owned

    /// Like [`try_acquire`](Self::try_acquire), with a guard that keeps the lock alive.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::RLock;
    ///
    /// let lock = Arc::new(RLock::new(5));
    /// let held = lock.try_acquire_owned().expect("no thread holds it");
    /// let elsewhere = Arc::clone(&lock);
    /// let refused = threadkit::spawn(move || elsewhere.try_acquire_owned().is_none());
    /// assert!(refused.join().unwrap());
    /// drop(held);
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
    /// use threadkit::RLock;
    ///
    /// let lock = Arc::new(RLock::new(5));
    /// let guard = lock.acquire_timeout_owned(Duration::from_secs(5)).unwrap();
    /// drop(lock);
    /// assert_eq!(*guard, 5, "the guard keeps it alive");
    /// ```
    acquire_timeout_owned
}

impl<T: ?Sized> RLock<T> {
    /// Runs `f` on the value, under the lock.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire). A panic in `f` propagates.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RLock;
    ///
    /// let lock = RLock::new(String::from("seven"));
    /// assert_eq!(lock.with(|outer| outer.len() + lock.with(String::len)), 10);
    /// ```
    #[inline]
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        f(&*self.acquire())
    }

    /// Whether some thread holds the lock at this moment; the answer may be
    /// out of date at once.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = threadkit::RLock::new(1);
    /// let guard = lock.acquire();
    /// assert!(lock.is_locked());
    /// guard.release();
    /// assert!(!lock.is_locked());
    /// ```
    #[inline]
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// How many guards of the lock this thread has: how often it has acquired the lock and not released it yet; zero if
    /// it does not hold the lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RLock;
    ///
    /// let lock = RLock::new(());
    /// assert_eq!(lock.depth(), 0);
    /// let outer = lock.acquire();
    /// let inner = lock.acquire();
    /// assert_eq!(lock.depth(), 2);
    /// drop((outer, inner));
    /// assert_eq!(lock.depth(), 0);
    /// ```
    #[must_use]
    #[doc(alias = "getHoldCount")]
    #[doc(alias = "_recursion_count")]
    pub fn depth(&self) -> usize {
        self.raw.depth()
    }

    /// Whether this thread holds the lock. The answer stays true until this thread acquires or releases it.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RLock;
    ///
    /// let lock = RLock::new(());
    /// assert!(!lock.is_mine());
    /// let held = lock.acquire();
    /// assert!(lock.is_mine());
    /// std::thread::scope(|s| s.spawn(|| assert!(lock.is_locked() && !lock.is_mine())).join().unwrap());
    /// drop(held);
    /// ```
    #[inline]
    #[must_use]
    #[doc(alias = "_is_owned")]
    #[doc(alias = "isHeldByCurrentThread")]
    pub fn is_mine(&self) -> bool {
        self.raw.is_mine()
    }

    /// The raw lock and the value. A borrowed guard keeps both addresses, and so is covariant in the type of
    /// the value; a reference to the lock would not be.
    #[inline(always)]
    fn whole(&self) -> Part<'_, ReentrantRaw, *const T> {
        // SAFETY: the raw lock protects the value, which is in the same place as long as the lock is borrowed.
        unsafe { Part::new(&self.raw, self.value.get()) }
    }
}

impl<P: Pointer<Raw = ReentrantRaw>> Guard<P, Level> {
    /// Runs `f` with all levels of the lock left; they are entered again before this returns or unwinds.
    ///
    /// # Safety
    ///
    /// As of [`ReentrantRaw::unlocked`], of the level that this guard stands for.
    #[track_caller]
    pub(super) unsafe fn unlocked<R>(&mut self, f: impl FnOnce() -> R) -> R {
        let (raw, level) = self.parts();
        // SAFETY: the level is that of the guard, which is borrowed during the call and so not dropped; the
        // rest is passed on from the caller.
        unsafe { raw.unlocked(level, f) }
    }
}

guard! {
    /// Holds one level of an [`RLock`] and gives its value; dropping it releases the level.
    ///
    /// Made by [`RLock::acquire`] and its other forms.
    ///
    /// It stays on the thread that acquired it: it is not [`Send`]. It has no `DerefMut`, because the thread may have other
    /// guards of the lock: a value that changes is in a `Cell` or `RefCell`, as in the example, or in a
    /// [`Lock`](crate::Lock), whose guards are unique.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use threadkit::RLock;
    ///
    /// let lock = RLock::new(Cell::new(1));
    /// let outer = lock.acquire();
    /// let inner = lock.acquire();     // one level deeper
    /// inner.set(inner.get() + 1);
    /// inner.release();
    /// assert_eq!(outer.get(), 2);
    /// ```
    RLockGuard<'a> over Part<'a, ReentrantRaw, *const T>, Level;

    /// Releases this level of the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::RLock;
    ///
    /// let lock = RLock::new(());
    /// let (outer, inner) = (lock.acquire(), lock.acquire());
    /// inner.release();
    /// assert!(lock.is_mine(), "one level is left");
    /// outer.release();
    /// assert!(!lock.is_mine());
    /// ```
    #[doc(alias = "__exit__")]
    release
}

guard! {
    /// Holds one level of an [`RLock`] and gives a part of its value; made by [`RLockGuard::map`].
    ///
    /// It stays on the thread that acquired it: it is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{MappedRLockGuard, RLock, RLockGuard};
    ///
    /// fn name(lock: &RLock<(String, u32)>) -> MappedRLockGuard<'_, str> {
    ///     RLockGuard::map(lock.acquire(), |(name, _)| &**name)
    /// }
    ///
    /// let lock = RLock::new(("Ada".to_owned(), 9));
    /// assert_eq!(&*name(&lock), "Ada");
    /// ```
    MappedRLockGuard<'a> over Part<'a, ReentrantRaw, *const T>, Level;

    /// Releases this level of the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{RLock, RLockGuard};
    ///
    /// let pair = RLock::new((1, "one"));
    /// let outer = pair.acquire();
    /// let word = RLockGuard::map(pair.acquire(), |pair| &pair.1);
    /// outer.release();
    /// assert!(pair.is_mine(), "the part is a level of its own");
    /// word.release();
    /// assert!(!pair.is_mine());
    /// ```
    release
}

guard! {
    /// Holds one level of an [`RLock`] that is in an [`Arc`], and keeps it alive; made by
    /// [`RLock::acquire_owned`].
    ///
    /// It stays on the thread that acquired it: it is not [`Send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::RLock;
    ///
    /// let lock = Arc::new(RLock::new(5));
    /// let guard = Arc::clone(&lock).acquire_owned();
    /// drop(lock);
    /// assert_eq!(*guard, 5, "the guard keeps it alive");
    /// ```
    OwnedRLockGuard<> over Arc<RLock<T>>, Level;

    /// Releases this level of the lock, as dropping the guard does.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::RLock;
    ///
    /// let lock = Arc::new(RLock::new(5));
    /// let (outer, inner) = (lock.acquire_owned(), lock.acquire_owned());
    /// inner.release();
    /// assert_eq!((lock.is_mine(), *outer), (true, 5), "one level is left");
    /// outer.release();
    /// assert!(!lock.is_mine());
    /// ```
    release
}

maps!(
    RLock, RLockGuard => MappedRLockGuard, map, try_map;
    "RLockGuard", "lock.acquire()", "(1, 2)"
);
maps!(
    RLock, MappedRLockGuard => MappedRLockGuard, map, try_map;
    "RLockGuard, MappedRLockGuard",
    "RLockGuard::map(lock.acquire(), |value| &value.0)", "1"
);
