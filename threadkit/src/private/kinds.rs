//! What counts as a lock in an attribute.

use std::sync::Mutex;

use crate::backend::lock_api;
use crate::sync::{Lock, Lockable, RLock};

/// Anything that an attribute can lock: [`Lockable`], with a word about attributes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a lock",
    label = "expected a threadkit, std or parking_lot lock, or one side of an `RwLock`",
    note = "an `RwLock` is locked on one side: `read(LOCK)` or `write(LOCK)`, and `write(name = LOCK)` to bind the guard",
    note = "anything else needs a lock around it: a field of type `Lock<..>`, or a `static` of it"
)]
pub trait AnyLock: Lockable {
    /// `&Self`.
    ///
    /// A type that the compiler finds for locks alone, with no impl for all of them. So when something
    /// else is among several locks, it says so once, with the words above and at its place, and is
    /// silent about what would have followed.
    type Whole<'l>
    where
        Self: 'l;

    /// The lock itself.
    fn __whole(&self) -> Self::Whole<'_>;
}

/// What `LOCK` names, among others.
#[inline]
pub fn locking<L: AnyLock + ?Sized>(lock: &L) -> L::Whole<'_> {
    lock.__whole()
}

/// The members of [`AnyLock`], which are the same for all.
macro_rules! whole {
    () => {
        type Whole<'l>
            = &'l Self
        where
            Self: 'l;

        #[inline]
        fn __whole(&self) -> &Self {
            self
        }
    };
}

/// The members of [`AnyTimedLock`](super::AnyTimedLock) that are the same for all.
macro_rules! timed_whole {
    () => {
        type TimedWhole<'l>
            = &'l Self
        where
            Self: 'l;

        #[inline]
        fn __timed_whole(&self) -> &Self {
            self
        }
    };
}

pub(super) use {timed_whole, whole};

#[diagnostic::do_not_recommend]
impl<T: ?Sized> AnyLock for Lock<T> {
    whole!();
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> AnyLock for RLock<T> {
    whole!();
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> AnyLock for Mutex<T> {
    whole!();
}

#[diagnostic::do_not_recommend]
impl<R: lock_api::RawMutex, T: ?Sized> AnyLock for lock_api::Mutex<R, T> {
    whole!();
}

#[diagnostic::do_not_recommend]
impl<R, G, T> AnyLock for lock_api::ReentrantMutex<R, G, T>
where
    R: lock_api::RawMutex,
    G: lock_api::GetThreadId,
    T: ?Sized,
{
    whole!();
}
