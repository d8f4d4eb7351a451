//! What counts as a lock in an attribute.

use std::time::Duration;

use super::sides::{OneSide, SidedTimed};
use crate::backend::lock_api;
use crate::sync::{Lock, LockRef, Lockable, RLock};

/// A lock with waits that can time out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a lock that can give up waiting",
    label = "with `timeout`, expected a lock of threadkit or parking_lot 0.13, or one side of an `RwLock`",
    note = "an `RwLock` is locked on one side: `read(LOCK)` or `write(LOCK)`",
    note = "std's locks can only be waited for without limit: use a `threadkit::Lock`, or leave `timeout` out"
)]
pub trait AnyTimedLock: Lockable {
    /// `&Self`, as one of several locks; each lock has its own, as of [`Lockable`].
    type TimedRef<'l>: TimedLockRef + From<&'l Self>
    where
        Self: 'l;

    /// Acquires it, or gives up after `timeout`.
    fn __acquire_timeout(&self, timeout: Duration) -> Option<Self::Guard<'_>>;
}

/// A reference to one of several locks with waits that can time out.
pub trait TimedLockRef: LockRef {
    /// Acquires it, or gives up after `timeout`.
    fn __acquire_timeout(&self, timeout: Duration) -> Option<Self::Guard>;
}

#[diagnostic::do_not_recommend]
impl<'l, L: AnyTimedLock + ?Sized> TimedLockRef for &'l L {
    #[inline]
    #[track_caller]
    fn __acquire_timeout(&self, timeout: Duration) -> Option<L::Guard<'l>> {
        let lock: &'l L = self;
        lock.__acquire_timeout(timeout)
    }
}

/// The lock that `LOCK` names, among others.
#[inline]
pub fn locking<L: Lockable + ?Sized>(lock: &L) -> L::__Ref<'_> {
    lock.into()
}

/// The lock that `LOCK` names, among others and with a `timeout`.
#[inline]
pub fn locking_timed<L: AnyTimedLock + ?Sized>(lock: &L) -> L::TimedRef<'_> {
    lock.into()
}

macro_rules! any_timed_lock {
    ($([$($generics:tt)*] $type:ty, |$lock:ident, $timeout:ident| $acquire:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> AnyTimedLock for $type {
            type TimedRef<'l>
                = &'l Self
            where
                Self: 'l;

            #[inline]
            #[track_caller]
            fn __acquire_timeout(&self, $timeout: Duration) -> Option<Self::Guard<'_>> {
                let $lock = self;
                $acquire
            }
        }
    )*};
}

pub(super) use any_timed_lock;

any_timed_lock! {
    [T: ?Sized] Lock<T>, |lock, timeout| lock.acquire_timeout(timeout).ok();
    [T: ?Sized] RLock<T>, |lock, timeout| lock.acquire_timeout(timeout).ok();
    [R: lock_api::RawMutexTimed<Duration = Duration>, T: ?Sized] lock_api::Mutex<R, T>,
        |lock, timeout| lock.try_lock_for(timeout);
    [R: lock_api::RawMutexTimed<Duration = Duration>, G: lock_api::GetThreadId, T: ?Sized]
        lock_api::ReentrantMutex<R, G, T>, |lock, timeout| lock.try_lock_for(timeout);
    [L: SidedTimed<S> + ?Sized, S] OneSide<'_, L, S>,
        |side, timeout| side.lock().__acquire_timeout(timeout);
}
