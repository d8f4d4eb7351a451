//! What a [`Condition`](super::Condition) can wait with: the guards of `Lock` and `RLock`.

use super::guard::{Guard, Pointer};
use super::lock::{LockGuard, OwnedLockGuard};
use super::reentrant::{Level, ReentrantRaw};
use super::rlock::{OwnedRLockGuard, RLockGuard};
use super::waiters::Sleep;
use crate::wait::WaitError;

/// How a condition's predicate sees the value behind a guard: `&mut T` for a `Lock`, `&T` for an
/// `RLock`.
///
/// The second parameter is always its default. It restricts `'v` to lifetimes for which a reference to the
/// guard is valid, so that guards of borrowed locks implement the trait.
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

/// A guard that a [`Condition`](crate::Condition) can wait with.
///
/// Implemented for the guards of [`Lock`](crate::Lock), for those of [`RLock`](crate::RLock) whose value
/// is `Sync`, and for any other guard of an `RLock` through [`Outermost`]. Mapped guards are excluded,
/// because their part of the value may be gone after the wait. Other types cannot implement it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{Condition, ConditionGuard, Lock};
///
/// /// Releases the lock for a moment, whatever kind of lock it is.
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

macro_rules! condition_guard {
    ($($guard:ty)*) => {$(
        impl<'v, T: ?Sized> SeenAs<'v> for $guard {
            type Value = &'v mut T;
        }

        impl<T: ?Sized> ConditionGuard for $guard {
            #[track_caller]
            fn __sleep(&mut self, sleep: Sleep<'_>) -> Result<(), WaitError> {
                let queued = sleep.enqueue();
                self.held.unlocked(|| queued.sleep())
            }

            fn __value(&mut self) -> &mut T {
                self
            }
        }
    )*};
}

condition_guard!(LockGuard<'_, T> OwnedLockGuard<T>);

/// What other guards of a thread may give access to while a wait of that thread releases their lock.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Sync`, so a plain wait cannot let go of an `RLock` around it",
    label = "another guard of this thread might be using the value meanwhile",
    note = "wait with `&mut guard.outermost()`, which checks that this guard is the thread's only one of the lock",
    note = "or guard a value that is `Sync`: `RLock<Lock<T>>` in place of `RLock<RefCell<T>>`"
)]
#[expect(unnameable_types, reason = "a name for `Sync` with words of our own")]
pub trait SharedMeanwhile: Sync {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized + Sync> SharedMeanwhile for T {}

/// The only guard that a thread has of an [`RLock`](crate::RLock), for a wait on a
/// [`Condition`](crate::Condition).
///
/// Made by [`RLockGuard::outermost`] and [`OwnedRLockGuard::outermost`]. Unlike a guard itself it works with
/// any value. Instead it panics if the thread has another guard of that lock: when it is made, and each
/// time before a wait releases the lock.
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use threadkit::{Condition, RLock};
///
/// let (turn, changed) = (RLock::new(Cell::new(0)), Condition::new());
/// std::thread::scope(|s| {
///     let mut guard = turn.acquire();
///     s.spawn(|| {
///         turn.acquire().set(1);
///         changed.notify_one();
///     });
///     changed.wait_while(&mut guard.outermost(), |turn| turn.get() == 0);
///     assert_eq!(guard.get(), 1);
/// });
/// ```
#[derive(Debug)]
#[must_use = "it waits only when it is given to a `Condition`"]
pub struct Outermost<'g, G> {
    guard: &'g mut G,
}

#[track_caller]
fn refuse_nested<P: Pointer<Raw = ReentrantRaw>>(held: &Guard<P, Level>) {
    if !held.raw().is_nested() {
        return;
    }
    let since = held.raw().tag().since();
    let first = match since.as_str() {
        "" => String::new(),
        since => format!(" (the first{since})"),
    };
    panic!(
        "waiting on a condition needs the only guard of this `RLock`, and this thread holds more{first}: \
         the value may be in use through another one meanwhile; release the outer guard first, or \
         guard a `Sync` value, as in `RLock<Lock<T>>`, and use the plain `wait`"
    );
}

macro_rules! reentrant_condition_guard {
    ($name:ident $(<$life:lifetime>)?, $make:literal, $acquire:literal) => {
        impl<'v, $($life,)? T: ?Sized> SeenAs<'v> for $name<$($life,)? T> {
            type Value = &'v T;
        }

        /// The value must be `Sync`: this thread may have more guards of the lock, and `&T`s from them, which
        /// live on while another thread holds the lock.
        impl<$($life,)? T: ?Sized + SharedMeanwhile> ConditionGuard for $name<$($life,)? T> {
            #[track_caller]
            fn __sleep(&mut self, sleep: Sleep<'_>) -> Result<(), WaitError> {
                let queued = sleep.enqueue();
                // SAFETY: the guard stands for a level that its owner has entered and not left. Guard and owner
                // stay on this thread. The guard stores its owner, which need not be the current task: a nested
                // task may have got the guard from its host through a thread-local. A sleep runs no code of the
                // user's, so during it the owner leaves no level and no reference is used. All references that
                // are used afterwards are shared ones to a `Sync` value, as are those of other threads.
                unsafe { self.held.unlocked(|| queued.sleep()) }
            }

            fn __value(&mut self) -> &T {
                self
            }
        }

        impl<'v, $($life,)? T: ?Sized> SeenAs<'v> for Outermost<'_, $name<$($life,)? T>> {
            type Value = &'v T;
        }

        impl<$($life,)? T: ?Sized> ConditionGuard for Outermost<'_, $name<$($life,)? T>> {
            #[track_caller]
            fn __sleep(&mut self, sleep: Sleep<'_>) -> Result<(), WaitError> {
                let held = &mut self.guard.held;
                refuse_nested(held);
                let queued = sleep.enqueue();
                // SAFETY: the guard stands for a level of its owner, as above, and for the only one, as was
                // just checked; a forgotten guard would still count. So every reference to the value that came
                // through a guard of the owner came through this one, and `&mut` proves that none of them is
                // left. A sleep runs no code of the user's.
                unsafe { held.unlocked(|| queued.sleep()) }
            }

            fn __value(&mut self) -> &T {
                self.guard
            }
        }

        impl<$($life,)? T: ?Sized> $name<$($life,)? T> {
            /// Lets a [condition wait](crate::Condition#waiting-with-an-rlock) with this guard, even if the
            /// value is not `Sync`.
            ///
            /// # Panics
            ///
            /// If this thread has another guard of the lock, through which the value may be in use. The wait
            /// panics in the same way.
            ///
            /// # Examples
            ///
            /// ```
            /// use std::cell::Cell;
            #[doc = $make]
            ///
            /// let changed = Condition::new();
            #[doc = $acquire]
            /// let letter = changed.wait_for(&mut guard.outermost(), |letter| letter.take());
            /// assert_eq!(letter, "dear Ada");
            /// ```
            #[track_caller]
            pub fn outermost(&mut self) -> Outermost<'_, Self> {
                refuse_nested(&self.held);
                Outermost { guard: self }
            }
        }
    };
}

reentrant_condition_guard!(
    RLockGuard<'a>,
    "use threadkit::{Condition, RLock};\n\nlet letter = RLock::new(Cell::new(Some(\"dear Ada\")));",
    "let mut guard = letter.acquire();"
);
reentrant_condition_guard!(
    OwnedRLockGuard,
    "use std::sync::Arc;\nuse threadkit::{Condition, RLock};\n\n\
     let letter = Arc::new(RLock::new(Cell::new(Some(\"dear Ada\"))));",
    "let mut guard = letter.acquire_owned();"
);
