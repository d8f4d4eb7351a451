//! What a [`Condition`](super::Condition) can wait with: the guards of `Lock` and `RLock`.

use super::condition::Sleep;
use super::guard::{Guard, Pointer};
use super::lock::{LockGuard, OwnedLockGuard};
use super::reentrant::{Level, ReentrantRaw};
use super::rlock::{OwnedRLockGuard, RLockGuard};
use crate::wait::WaitError;

/// How a condition's predicate sees the value behind a guard: `&mut T` for a `Lock`, `&T` for an
/// `RLock`.
///
/// The second parameter is always its default. It tells the compiler that only lifetimes are meant
/// for which a reference to the guard makes sense, so that guards of borrowed locks fit.
#[diagnostic::on_unimplemented(
    message = "a `Condition` cannot wait with `{Self}`",
    label = "not a guard that a condition can release and acquire again",
    note = "wait on the guard of a threadkit `Lock` or `RLock`"
)]
#[expect(
    unnameable_types,
    reason = "named by the signatures of `Condition` alone"
)]
pub trait SeenAs<'v, Bound = &'v Self> {
    /// The reference that the predicate is given.
    type Value;
}

impl<'v, T: ?Sized> SeenAs<'v> for LockGuard<'_, T> {
    type Value = &'v mut T;
}

impl<'v, T: ?Sized> SeenAs<'v> for OwnedLockGuard<T> {
    type Value = &'v mut T;
}

impl<'v, T: ?Sized> SeenAs<'v> for RLockGuard<'_, T> {
    type Value = &'v T;
}

impl<'v, T: ?Sized> SeenAs<'v> for OwnedRLockGuard<T> {
    type Value = &'v T;
}

/// A guard that a [`Condition`](crate::Condition) can wait with.
///
/// Implemented for the guards of [`Lock`](crate::Lock), and for those of [`RLock`](crate::RLock)
/// whose value is `Sync`; borrowed and owned ones, but not mapped ones, whose part of the value need
/// not be there any more after the wait. It cannot be implemented for other types.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{Condition, ConditionGuard, Lock};
///
/// /// Gives the lock away for a moment, whatever kind of lock it is.
/// fn breathe(guard: &mut impl ConditionGuard) {
///     let _ = Condition::new().wait_timeout(guard, Duration::from_millis(1));
/// }
///
/// let lock = Lock::new(1);
/// let mut guard = lock.acquire();
/// breathe(&mut guard);
/// assert_eq!(*guard, 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "a `Condition` cannot wait with `{Self}`",
    label = "not a guard that a condition can release and acquire again",
    note = "wait on the guard of a threadkit `Lock` or `RLock`, before it is mapped"
)]
pub trait ConditionGuard: for<'v> SeenAs<'v> {
    /// Sleeps with the lock released; it is acquired again on every way out.
    #[doc(hidden)]
    #[track_caller]
    fn __sleep(&mut self, sleep: Sleep<'_>) -> Result<(), WaitError>;

    /// The value, for the predicate.
    #[doc(hidden)]
    fn __value(&mut self) -> <Self as SeenAs<'_>>::Value;
}

impl<T: ?Sized> ConditionGuard for LockGuard<'_, T> {
    #[track_caller]
    fn __sleep(&mut self, sleep: Sleep<'_>) -> Result<(), WaitError> {
        self.held.unlocked(|| sleep.run())
    }

    fn __value(&mut self) -> &mut T {
        self
    }
}

impl<T: ?Sized> ConditionGuard for OwnedLockGuard<T> {
    #[track_caller]
    fn __sleep(&mut self, sleep: Sleep<'_>) -> Result<(), WaitError> {
        self.held.unlocked(|| sleep.run())
    }

    fn __value(&mut self) -> &mut T {
        self
    }
}

/// What may be in use through other guards of a thread while a wait of it lets their lock go.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Sync`, so a plain wait cannot let go of an `RLock` around it",
    label = "another guard of this thread might be using the value meanwhile",
    note = "call the form of it that checks that this guard is the only one: `wait_outermost`, \
            `wait_outermost_timeout`, `wait_outermost_until`, `wait_outermost_while`, \
            `wait_outermost_while_until`, `wait_outermost_for`, `wait_outermost_for_until`",
    note = "or guard a value that is `Sync`: `RLock<Lock<T>>` in place of `RLock<RefCell<T>>`"
)]
#[expect(unnameable_types, reason = "a name for `Sync` with words of our own")]
pub trait SharedMeanwhile: Sync {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized + Sync> SharedMeanwhile for T {}

/// `Sync`, because this thread may have more guards of the lock, and `&T`s from them, which outlive
/// a time in which another thread has the lock.
impl<T: ?Sized + SharedMeanwhile> ConditionGuard for RLockGuard<'_, T> {
    #[track_caller]
    fn __sleep(&mut self, sleep: Sleep<'_>) -> Result<(), WaitError> {
        // SAFETY: the guard stands for a level that its owner has entered and not left, and neither
        // leaves this thread. The owner is stored in the guard: it need not be the current task, which
        // may run within it and have got the guard through a thread-local. A sleep runs no code of the
        // user's, so no level of the owner is left meanwhile and no reference is used. Those that are
        // used afterwards are shared ones to a `Sync` value, as are those of other threads.
        unsafe { self.held.unlocked(|| sleep.run()) }
    }

    fn __value(&mut self) -> &T {
        self
    }
}

/// `Sync`: see the borrowed guard.
impl<T: ?Sized + SharedMeanwhile> ConditionGuard for OwnedRLockGuard<T> {
    #[track_caller]
    fn __sleep(&mut self, sleep: Sleep<'_>) -> Result<(), WaitError> {
        // SAFETY: as for the borrowed guard.
        unsafe { self.held.unlocked(|| sleep.run()) }
    }

    fn __value(&mut self) -> &T {
        self
    }
}

/// A guard of an [`RLock`](crate::RLock), with which the `wait_outermost` methods of a
/// [`Condition`](crate::Condition) can wait.
///
/// Unlike a [`ConditionGuard`] it asks nothing of the value, and instead that the guard is the
/// thread's only one of that lock. It cannot be implemented for other types.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use std::time::Duration;
/// use threadkit::{Condition, OutermostGuard, RLock};
///
/// fn breathe(guard: &mut impl OutermostGuard<Value = Cell<u32>>) {
///     let _ = Condition::new().wait_outermost_timeout(guard, Duration::from_millis(1));
/// }
///
/// let lock = RLock::new(Cell::new(1));
/// let mut guard = lock.acquire();
/// breathe(&mut guard);
/// assert_eq!(guard.get(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the guard of an `RLock`",
    label = "`wait_outermost` is for the guards of an `RLock`",
    note = "wait on the guard of a threadkit `RLock`; with that of a `Lock`, call `wait`"
)]
pub trait OutermostGuard {
    /// What the lock guards.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::Cell;
    /// use threadkit::{Condition, OutermostGuard, RLock};
    ///
    /// /// Waits with whatever guard it is given for what the lock around the value guards.
    /// fn drain<T: Copy + Default>(changed: &Condition, guard: &mut impl OutermostGuard<Value = Cell<Option<T>>>) -> T {
    ///     changed.wait_outermost_for(guard, |slot| slot.take())
    /// }
    ///
    /// let (slot, changed) = (RLock::new(Cell::new(Some(7))), Condition::new());
    /// assert_eq!(drain(&changed, &mut slot.acquire()), 7);
    /// ```
    type Value: ?Sized;

    /// Sleeps with the lock released; it is acquired again on every way out.
    #[doc(hidden)]
    #[track_caller]
    fn __sleep_outermost(&mut self, sleep: Sleep<'_>) -> Result<(), WaitError>;

    /// Panics if this is not the only guard of its thread.
    #[doc(hidden)]
    #[track_caller]
    fn __refuse_nested(&mut self);

    /// The value, for the predicate.
    #[doc(hidden)]
    fn __outermost_value(&mut self) -> &Self::Value;
}

#[track_caller]
fn refuse_nested<P: Pointer<Raw = ReentrantRaw>>(held: &Guard<P, Level>) {
    assert!(
        !held.raw().is_nested(),
        "waiting on a condition needs the only guard of this `RLock`, and this thread holds more: \
         the value may be in use through another one meanwhile; release the outer guard first, or \
         guard a `Sync` value, as in `RLock<Lock<T>>`, and use the plain `wait`"
    );
}

macro_rules! outermost_guard {
    ($($guard:ty),*) => {$(
        impl<T: ?Sized> OutermostGuard for $guard {
            type Value = T;

            #[track_caller]
            fn __sleep_outermost(&mut self, sleep: Sleep<'_>) -> Result<(), WaitError> {
                refuse_nested(&self.held);
                // SAFETY: the guard stands for a level of its stored owner, a task of this thread (see
                // `ConditionGuard`), and for the only one, as was just checked; a forgotten guard would
                // still count. So every reference to the value that came through a guard of the owner
                // came through this one, and `&mut self` says that none of them is left. A sleep runs no
                // code of the user's.
                unsafe { self.held.unlocked(|| sleep.run()) }
            }

            #[track_caller]
            fn __refuse_nested(&mut self) {
                refuse_nested(&self.held);
            }

            fn __outermost_value(&mut self) -> &T {
                self
            }
        }
    )*};
}

outermost_guard!(RLockGuard<'_, T>, OwnedRLockGuard<T>);
