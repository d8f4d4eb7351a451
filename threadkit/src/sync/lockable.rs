//! What it takes to be a lock that `lock_all` and `#[synchronized]` can acquire.

use core::mem::size_of_val;
use core::ptr;
use std::sync::{MutexGuard, PoisonError, TryLockError};

use super::lock::{Lock, LockGuard};
use super::rlock::{RLock, RLockGuard};
use crate::backend::foreign;

/// A lock that [`lock_all`](crate::lock_all) and [`#[synchronized]`](macro@crate::synchronized) can
/// acquire.
///
/// Implemented for [`Lock`] and [`RLock`], for `std::sync::Mutex` (whose poison is ignored, as
/// threadkit's own locks have none), and for parking_lot's `Mutex`, `FairMutex` and
/// `ReentrantMutex`. Its methods are for the library alone: on a lock, call the lock's own.
///
/// # Examples
///
/// ```
/// use threadkit::{Lock, Lockable, RLock, lock_all};
///
/// /// Does it while nobody else has either lock, whatever kinds they are.
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
    /// What holds the lock until it is dropped.
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

    /// What to call the lock in messages, where there is more to say than that it is one.
    #[doc(hidden)]
    fn __label(&self) -> Option<String> {
        None
    }

    /// Tells the lock from any other.
    #[doc(hidden)]
    fn __whereabouts(&self) -> Whereabouts {
        (ptr::from_ref(self).cast(), size_of_val(self))
    }
}

/// Where a lock is, and how large it is.
///
/// The size belongs to it because a lock may begin where the value inside it begins: a lock inside
/// another is smaller.
pub(super) type Whereabouts = (*const (), usize);

/// A reference to a lock is as good as the lock.
impl<L: Lockable + ?Sized> Lockable for &L {
    type Guard<'a>
        = L::Guard<'a>
    where
        Self: 'a;

    #[inline]
    #[track_caller]
    fn __acquire(&self) -> Self::Guard<'_> {
        (**self).__acquire()
    }

    #[inline]
    #[track_caller]
    fn __try_acquire(&self) -> Option<Self::Guard<'_>> {
        (**self).__try_acquire()
    }

    fn __label(&self) -> Option<String> {
        (**self).__label()
    }

    fn __whereabouts(&self) -> Whereabouts {
        (**self).__whereabouts()
    }
}

impl<T: ?Sized> Lockable for Lock<T> {
    type Guard<'a>
        = LockGuard<'a, T>
    where
        Self: 'a;

    #[inline]
    #[track_caller]
    fn __acquire(&self) -> LockGuard<'_, T> {
        self.acquire()
    }

    #[inline]
    #[track_caller]
    fn __try_acquire(&self) -> Option<LockGuard<'_, T>> {
        self.try_acquire()
    }

    fn __label(&self) -> Option<String> {
        self.label()
    }
}

impl<T: ?Sized> Lockable for RLock<T> {
    type Guard<'a>
        = RLockGuard<'a, T>
    where
        Self: 'a;

    #[inline]
    #[track_caller]
    fn __acquire(&self) -> RLockGuard<'_, T> {
        self.acquire()
    }

    #[inline]
    #[track_caller]
    fn __try_acquire(&self) -> Option<RLockGuard<'_, T>> {
        self.try_acquire()
    }

    fn __label(&self) -> Option<String> {
        self.label()
    }
}

impl<T: ?Sized> Lockable for std::sync::Mutex<T> {
    type Guard<'a>
        = MutexGuard<'a, T>
    where
        Self: 'a;

    #[inline]
    fn __acquire(&self) -> MutexGuard<'_, T> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn __try_acquire(&self) -> Option<MutexGuard<'_, T>> {
        match self.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl<R: foreign::RawMutex, T: ?Sized> Lockable for foreign::Mutex<R, T> {
    type Guard<'a>
        = foreign::MutexGuard<'a, R, T>
    where
        Self: 'a;

    #[inline]
    #[track_caller]
    fn __acquire(&self) -> Self::Guard<'_> {
        self.lock()
    }

    #[inline]
    #[track_caller]
    fn __try_acquire(&self) -> Option<Self::Guard<'_>> {
        self.try_lock()
    }
}

impl<R, G, T> Lockable for foreign::ReentrantMutex<R, G, T>
where
    R: foreign::RawMutex,
    G: foreign::GetThreadId,
    T: ?Sized,
{
    type Guard<'a>
        = foreign::ReentrantMutexGuard<'a, R, G, T>
    where
        Self: 'a;

    #[inline]
    #[track_caller]
    fn __acquire(&self) -> Self::Guard<'_> {
        self.lock()
    }

    #[inline]
    #[track_caller]
    fn __try_acquire(&self) -> Option<Self::Guard<'_>> {
        self.try_lock()
    }
}
