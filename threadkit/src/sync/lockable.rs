//! The locks that `lock_all` and `#[synchronized]` can acquire.

use core::mem::size_of_val;
use core::ops::Deref;
use core::ptr;
use std::sync::{MutexGuard, PoisonError, TryLockError};

use super::lock::{Lock, LockGuard};
use super::rlock::{RLock, RLockGuard};
use crate::backend::lock_api;
use crate::inspect::Foreign;

/// A lock that [`lock_all`](crate::lock_all) and [`#[synchronized]`](macro@crate::synchronized) can
/// acquire.
///
/// Implemented for [`Lock`] and [`RLock`], for `std::sync::Mutex` (its poison is ignored, because threadkit's own locks
/// have none), for `Mutex`, `FairMutex` and `ReentrantMutex` of parking_lot 0.13, and for the
/// [`Monitor`](crate::Monitor)s behind the handles of [`#[monitor]`](macro@crate::monitor). Its methods are internal:
/// call those of the lock itself.
///
/// # Examples
///
/// As the bound of a type parameter it stands for all of them, in `lock_all` and in the attribute. A bound on
/// [`Guard`](Self::Guard) gives access to the value.
///
/// ```
/// use std::ops::DerefMut;
/// use threadkit::{Lock, Lockable, RLock, lock_all, synchronized};
///
/// /// Runs `work` under both locks, whatever kinds they are.
/// fn with_both<R>(a: &impl Lockable, b: &impl Lockable, work: impl FnOnce() -> R) -> R {
///     let _guards = lock_all((a, b));
///     work()
/// }
///
/// /// Counts, under whatever lock the counter is.
/// #[synchronized(count = counter)]
/// fn count_up<L>(counter: &L) -> u32
/// where
///     L: for<'a> Lockable<Guard<'a>: DerefMut<Target = u32>>,
/// {
///     *count += 1;
///     *count
/// }
///
/// let (a, b, c) = (Lock::new(1), RLock::new(2), std::sync::Mutex::new(3));
/// assert!(with_both(&a, &b, || a.try_acquire().is_none()));
/// assert!(with_both(&c, &a, || c.try_lock().is_err()));
/// assert_eq!((count_up(&a), count_up(&c)), (2, 4));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a lock",
    label = "expected a lock of threadkit, std or parking_lot 0.13, or one side of an `RwLock`",
    note = "an `RwLock` is locked on one side, by an attribute: `#[synchronized(write(LOCK))]`, and `write(name = LOCK)` to bind the guard",
    note = "the handle of a `#[monitor]` gives its lock by `monitor()`",
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

    /// `&Self`, as one of several locks.
    ///
    /// Each lock has its own. So this type cannot be computed for something that is no lock, and if that is among
    /// several locks of an attribute, the compiler reports it once, at its place, and reports no errors that
    /// follow from it.
    #[doc(hidden)]
    type __Ref<'l>: LockRef<Guard = Self::Guard<'l>> + From<&'l Self>
    where
        Self: 'l;

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
        whereabouts(self)
    }

    /// The lock, if it does not report its acquisitions itself.
    #[doc(hidden)]
    fn __foreign(&self) -> Option<Foreign> {
        None
    }
}

/// A reference to one of several locks.
///
/// `&L` is one for every lock `L`, also under a bound of `L: Lockable`: there `L::__Ref` is known to be one.
pub trait LockRef: Deref<Target: Lockable> {
    /// The guard of the lock, which lasts as long as the reference.
    type Guard;

    /// As of [`Lockable`].
    fn __acquire(&self) -> Self::Guard;

    /// As of [`Lockable`].
    fn __try_acquire(&self) -> Option<Self::Guard>;
}

#[diagnostic::do_not_recommend]
impl<'l, L: Lockable + ?Sized> LockRef for &'l L {
    type Guard = L::Guard<'l>;

    #[inline]
    #[track_caller]
    fn __acquire(&self) -> Self::Guard {
        let lock: &'l L = self;
        lock.__acquire()
    }

    #[inline]
    #[track_caller]
    fn __try_acquire(&self) -> Option<Self::Guard> {
        let lock: &'l L = self;
        lock.__try_acquire()
    }
}

/// The address and the size of a lock, which identify it.
///
/// The size is needed because a lock and the value inside it may have the same address: a lock inside
/// another is smaller.
pub(crate) type Whereabouts = (*const (), usize);

pub(crate) fn whereabouts<L: ?Sized>(lock: &L) -> Whereabouts {
    (ptr::from_ref(lock).cast(), size_of_val(lock))
}

/// Implements [`Lockable`], or a trait with the same members, for each of several types: our own locks have a label,
/// those of other libraries are `foreign` and may have a side, and pointers lead to the answers of their locks.
macro_rules! lockable {
    ($(
        $(#[$attribute:meta])*
        [$($generics:tt)*] $trait:path => $type:ty, $guard:ty $(, as $ref:ident)?;
        |$lock:ident| $acquire:expr, $try_acquire:expr
            $(, label $label:expr)? $(, whereabouts $whereabouts:expr)? $(, foreign $foreign:expr)?;
    )*) => {$(
        $(#[$attribute])*
        // The message says what is a lock; a list of the types would say it again.
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> $trait for $type {
            type Guard<'a>
                = $guard
            where
                Self: 'a;

            $(
                type $ref<'l>
                    = &'l Self
                where
                    Self: 'l;
            )?

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
            )?

            $(
                fn __whereabouts(&self) -> $crate::sync::Whereabouts {
                    let $lock = self;
                    $whereabouts
                }
            )?

            $(
                fn __foreign(&self) -> Option<$crate::inspect::Foreign> {
                    let $lock = self;
                    $foreign
                }
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
    [L: Lockable + ?Sized] Lockable => &L, L::Guard<'a>, as __Ref;
    |lock| (**lock).__acquire(), (**lock).__try_acquire(), label (**lock).__label(),
        whereabouts (**lock).__whereabouts(), foreign (**lock).__foreign();

    [T: ?Sized] Lockable => Lock<T>, LockGuard<'a, T>, as __Ref;
    |lock| lock.acquire(), lock.try_acquire(), label lock.label();

    [T: ?Sized] Lockable => RLock<T>, RLockGuard<'a, T>, as __Ref;
    |lock| lock.acquire(), lock.try_acquire(), label lock.label();

    [T: ?Sized] Lockable => std::sync::Mutex<T>, MutexGuard<'a, T>, as __Ref;
    |lock| lock.lock().unwrap_or_else(PoisonError::into_inner), unpoisoned(lock.try_lock()), foreign Some(Foreign::new(lock, None));

    [R: lock_api::RawMutex, T: ?Sized] Lockable
        => lock_api::Mutex<R, T>, lock_api::MutexGuard<'a, R, T>, as __Ref;
    |lock| lock.lock(), lock.try_lock(), foreign Some(Foreign::new(lock, None));

    [R: lock_api::RawMutex, G: lock_api::GetThreadId, T: ?Sized] Lockable
        => lock_api::ReentrantMutex<R, G, T>, lock_api::ReentrantMutexGuard<'a, R, G, T>, as __Ref;
    |lock| lock.lock(), lock.try_lock(), foreign Some(Foreign::new(lock, None));
}
