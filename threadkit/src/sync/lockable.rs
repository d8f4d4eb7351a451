//! The locks that `lock_all` and `#[synchronized]` can acquire.

use core::mem::size_of_val;
use core::ptr;
use std::sync::{MutexGuard, PoisonError, TryLockError};

use super::lock::{Lock, LockGuard};
use super::rlock::{RLock, RLockGuard};
use crate::backend::lock_api;

/// A lock that [`lock_all`](crate::lock_all) and [`#[synchronized]`](macro@crate::synchronized) can
/// acquire.
///
/// Implemented for [`Lock`] and [`RLock`], for `std::sync::Mutex` (its poison is ignored, because
/// threadkit's own locks have none), and for parking_lot's `Mutex`, `FairMutex` and
/// `ReentrantMutex`. Its methods are internal: call those of the lock itself.
///
/// # Examples
///
/// ```
/// use threadkit::{Lock, Lockable, RLock, lock_all};
///
/// /// Runs `work` under both locks, whatever kinds they are.
/// fn with_both<R>(a: &impl Lockable, b: &impl Lockable, work: impl FnOnce() -> R) -> R {
///     let _guards = lock_all((a, b));
///     work()
/// }
///
/// let (a, b, c) = (Lock::new(1), RLock::new(2), std::sync::Mutex::new(3));
/// assert!(with_both(&a, &b, || a.try_acquire().is_none()));
/// assert!(with_both(&c, &a, || c.try_lock().is_err()));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a lock",
    label = "expected a threadkit, std or parking_lot lock",
    note = "an `RwLock` is locked on one side, and together with others by an attribute: `#[synchronized(write(A), B)]`",
    note = "anything else needs a lock around it: a field of type `Lock<..>`, or a `static` of it"
)]
pub trait Lockable {
    /// The guard of the lock.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Lock, Lockable, lock_all};
    ///
    /// /// Holds one lock, whatever its kind, together with a small one of its own.
    /// fn hold<'a, L: Lockable>(lock: &'a L, own: &'a Lock) -> L::Guard<'a> {
    ///     let (guard, _) = lock_all((lock, own));
    ///     guard
    /// }
    ///
    /// let (total, own) = (Lock::new(1), Lock::new(()));
    /// let guard = hold(&total, &own);
    /// assert_eq!((total.is_locked(), own.is_locked()), (true, false));
    /// assert_eq!(*guard, 1);
    /// ```
    type Guard<'a>
    where
        Self: 'a;

    #[doc(hidden)]
    fn __acquire(&self) -> Self::Guard<'_>;

    #[doc(hidden)]
    fn __try_acquire(&self) -> Option<Self::Guard<'_>>;

    /// The name of the lock in messages, if one is known.
    #[doc(hidden)]
    fn __label(&self) -> Option<String> {
        None
    }

    /// Identifies the lock.
    #[doc(hidden)]
    fn __whereabouts(&self) -> Whereabouts {
        (ptr::from_ref(self).cast(), size_of_val(self))
    }
}

/// The address and the size of a lock, which identify it.
///
/// The size is needed because a lock and the value inside it may have the same address: a lock inside
/// another is smaller.
pub(crate) type Whereabouts = (*const (), usize);

/// Implements [`Lockable`], or a trait with the same members, for each of several types.
macro_rules! lockable {
    ($(
        $(#[$attribute:meta])*
        [$($generics:tt)*] $trait:path => $type:ty, $guard:ty;
        |$lock:ident| $acquire:expr, $try_acquire:expr $(, $label:expr $(, $whereabouts:expr)?)?;
    )*) => {$(
        $(#[$attribute])*
        impl<$($generics)*> $trait for $type {
            type Guard<'a>
                = $guard
            where
                Self: 'a;

            #[inline]
            #[track_caller]
            fn __acquire(&self) -> Self::Guard<'_> {
                let $lock = self;
                $acquire
            }

            #[inline]
            #[track_caller]
            fn __try_acquire(&self) -> Option<Self::Guard<'_>> {
                let $lock = self;
                $try_acquire
            }

            $(
                fn __label(&self) -> Option<String> {
                    let $lock = self;
                    $label
                }

                $(
                    fn __whereabouts(&self) -> $crate::sync::Whereabouts {
                        let $lock = self;
                        $whereabouts
                    }
                )?
            )?
        }
    )*};
}

pub(crate) use lockable;

/// The guard, also if the lock is poisoned.
pub(crate) fn unpoisoned<G>(result: Result<G, TryLockError<G>>) -> Option<G> {
    match result {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

lockable! {
    /// A reference to a lock is as good as the lock.
    [L: Lockable + ?Sized] Lockable => &L, L::Guard<'a>;
    |lock| (**lock).__acquire(), (**lock).__try_acquire(), (**lock).__label(), (**lock).__whereabouts();

    [T: ?Sized] Lockable => Lock<T>, LockGuard<'a, T>;
    |lock| lock.acquire(), lock.try_acquire(), lock.label();

    [T: ?Sized] Lockable => RLock<T>, RLockGuard<'a, T>;
    |lock| lock.acquire(), lock.try_acquire(), lock.label();

    [T: ?Sized] Lockable => std::sync::Mutex<T>, MutexGuard<'a, T>;
    |lock| lock.lock().unwrap_or_else(PoisonError::into_inner), unpoisoned(lock.try_lock());

    [R: lock_api::RawMutex, T: ?Sized] Lockable
        => lock_api::Mutex<R, T>, lock_api::MutexGuard<'a, R, T>;
    |lock| lock.lock(), lock.try_lock();

    [R: lock_api::RawMutex, G: lock_api::GetThreadId, T: ?Sized] Lockable
        => lock_api::ReentrantMutex<R, G, T>, lock_api::ReentrantMutexGuard<'a, R, G, T>;
    |lock| lock.lock(), lock.try_lock();
}
