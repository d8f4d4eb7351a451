//! What counts as a lock in an attribute.

use std::sync::Mutex;
use std::time::Duration;

use super::sides::{OneSide, Sided, SidedTimed};
use crate::backend::lock_api;
use crate::sync::{Lock, Lockable, RLock};

/// Anything that an attribute can lock: [`Lockable`], with a message about attributes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a lock",
    label = "expected a threadkit, std or parking_lot lock, or one side of an `RwLock`",
    note = "an `RwLock` is locked on one side: `read(LOCK)` or `write(LOCK)`, and `write(name = LOCK)` to bind the guard",
    note = "anything else needs a lock around it: a field of type `Lock<..>`, or a `static` of it"
)]
pub trait AnyLock: Lockable {
    /// `&Self`.
    ///
    /// Each lock has its own impl of this type, and there is no blanket impl. So if something else is among
    /// several locks, the compiler reports it once, with the message above and at its place, and reports no
    /// errors that follow from it.
    type Whole<'l>: From<&'l Self>
    where
        Self: 'l;
}

/// A lock with waits that can time out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a lock that can give up waiting",
    label = "with `timeout`, expected a threadkit or parking_lot lock, or one side of an `RwLock`",
    note = "an `RwLock` is locked on one side: `read(LOCK)` or `write(LOCK)`",
    note = "std's locks can only be waited for without limit: use a `threadkit::Lock`, or leave `timeout` out"
)]
pub trait AnyTimedLock: AnyLock {
    /// `&Self`; see [`AnyLock::Whole`].
    type TimedWhole<'l>: From<&'l Self>
    where
        Self: 'l;

    /// Acquires it, or gives up after `timeout`.
    fn __acquire_timeout(&self, timeout: Duration) -> Option<Self::Guard<'_>>;
}

/// The lock that `LOCK` names, among others.
#[inline]
pub fn locking<L: AnyLock + ?Sized>(lock: &L) -> L::Whole<'_> {
    lock.into()
}

/// The lock that `LOCK` names, among others and with a `timeout`.
#[inline]
pub fn locking_timed<L: AnyTimedLock + ?Sized>(lock: &L) -> L::TimedWhole<'_> {
    lock.into()
}

macro_rules! any_lock {
    ($([$($generics:tt)*] $lock:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> AnyLock for $lock {
            type Whole<'l>
                = &'l Self
            where
                Self: 'l;
        }
    )*};
}

macro_rules! any_timed_lock {
    ($([$($generics:tt)*] $type:ty, |$lock:ident, $timeout:ident| $acquire:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> AnyTimedLock for $type {
            type TimedWhole<'l>
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

pub(super) use {any_lock, any_timed_lock};

any_lock! {
    [T: ?Sized] Lock<T>;
    [T: ?Sized] RLock<T>;
    [T: ?Sized] Mutex<T>;
    [R: lock_api::RawMutex, T: ?Sized] lock_api::Mutex<R, T>;
    [R: lock_api::RawMutex, G: lock_api::GetThreadId, T: ?Sized] lock_api::ReentrantMutex<R, G, T>;
    [L: Sided<S> + ?Sized, S] OneSide<'_, L, S>;
}

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
