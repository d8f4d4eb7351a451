//! Locks that can give up waiting, one and several at once.

use std::time::Duration;

use super::kinds::timed_whole;
use super::sides::timed_sides;
use super::{AnyLock, Sides};
use crate::backend::{self, lock_api};
use crate::sync::{Lock, RLock};

/// A lock that can give up waiting.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a lock that can give up waiting",
    label = "with `timeout`, expected a threadkit or parking_lot lock, or one side of an `RwLock`",
    note = "an `RwLock` is locked on one side: `read(LOCK)` or `write(LOCK)`",
    note = "std's locks can only be waited for without limit: use a `threadkit::Lock`, or leave `timeout` out"
)]
pub trait AnyTimedLock: AnyLock {
    /// `&Self`; see [`AnyLock::Whole`].
    type TimedWhole<'l>
    where
        Self: 'l;

    /// The lock itself.
    fn __timed_whole(&self) -> Self::TimedWhole<'_>;

    /// Acquires it, or gives up after `timeout`.
    fn __acquire_timeout(&self, timeout: Duration) -> Option<Self::Guard<'_>>;
}

/// A lock with sides that can give up waiting.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an `RwLock` that can give up waiting",
    label = "with `timeout`, expected an `RwLock` of threadkit or parking_lot",
    note = "std's locks can only be waited for without limit: leave `timeout` out"
)]
pub trait SidesTimed: Sides {
    /// As [`Sides::ReadSide`].
    type TimedReadSide<'l>
    where
        Self: 'l;

    /// As [`Sides::WriteSide`].
    type TimedWriteSide<'l>
    where
        Self: 'l;

    /// Both sides.
    fn __timed_sides(&self) -> (Self::TimedReadSide<'_>, Self::TimedWriteSide<'_>);

    /// Acquires it for reading, or gives up after `timeout`.
    fn __read_timeout(&self, timeout: Duration) -> Option<Self::ReadGuard<'_>>;

    /// Acquires it for writing, or gives up after `timeout`.
    fn __write_timeout(&self, timeout: Duration) -> Option<Self::WriteGuard<'_>>;
}

/// What `#[synchronized(LOCK, timeout = .., else = ..)]` tries to have.
#[inline]
#[track_caller]
pub fn lock_timeout<L: AnyTimedLock + ?Sized>(lock: &L, timeout: Duration) -> Option<L::Guard<'_>> {
    lock.__acquire_timeout(timeout)
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> AnyTimedLock for Lock<T> {
    timed_whole!();

    #[inline]
    #[track_caller]
    fn __acquire_timeout(&self, timeout: Duration) -> Option<Self::Guard<'_>> {
        self.acquire_timeout(timeout).ok()
    }
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> AnyTimedLock for RLock<T> {
    timed_whole!();

    #[inline]
    #[track_caller]
    fn __acquire_timeout(&self, timeout: Duration) -> Option<Self::Guard<'_>> {
        self.acquire_timeout(timeout).ok()
    }
}

#[diagnostic::do_not_recommend]
impl<R, T> AnyTimedLock for lock_api::Mutex<R, T>
where
    R: lock_api::RawMutexTimed<Duration = Duration>,
    T: ?Sized,
{
    timed_whole!();

    #[inline]
    #[track_caller]
    fn __acquire_timeout(&self, timeout: Duration) -> Option<Self::Guard<'_>> {
        self.try_lock_for(timeout)
    }
}

#[diagnostic::do_not_recommend]
impl<R, G, T> AnyTimedLock for lock_api::ReentrantMutex<R, G, T>
where
    R: lock_api::RawMutexTimed<Duration = Duration>,
    G: lock_api::GetThreadId,
    T: ?Sized,
{
    timed_whole!();

    #[inline]
    #[track_caller]
    fn __acquire_timeout(&self, timeout: Duration) -> Option<Self::Guard<'_>> {
        self.try_lock_for(timeout)
    }
}

#[diagnostic::do_not_recommend]
impl<R, T> SidesTimed for lock_api::RwLock<R, T>
where
    R: lock_api::RawRwLockTimed<Duration = Duration>,
    T: ?Sized,
{
    timed_sides!();

    #[inline]
    #[track_caller]
    fn __read_timeout(&self, timeout: Duration) -> Option<Self::ReadGuard<'_>> {
        self.try_read_for(timeout)
    }

    #[inline]
    #[track_caller]
    fn __write_timeout(&self, timeout: Duration) -> Option<Self::WriteGuard<'_>> {
        self.try_write_for(timeout)
    }
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> SidesTimed for crate::RwLock<T> {
    timed_sides!();

    #[inline]
    #[track_caller]
    fn __read_timeout(&self, timeout: Duration) -> Option<Self::ReadGuard<'_>> {
        self.read_timeout(timeout).ok()
    }

    #[inline]
    #[track_caller]
    fn __write_timeout(&self, timeout: Duration) -> Option<Self::WriteGuard<'_>> {
        self.write_timeout(timeout).ok()
    }
}

/// What `LOCK` names among others, beside a `timeout`.
#[inline]
pub fn locking_timed<L: AnyTimedLock + ?Sized>(lock: &L) -> L::TimedWhole<'_> {
    lock.__timed_whole()
}

/// Several locks that can give up waiting: a tuple of two to eight references.
pub trait LockAllTimed {
    /// The guards of all, in the same order.
    type Guards;

    /// Acquires all by the rule of `lock_all`, or gives up after `timeout`.
    fn __lock_all_timeout(self, names: &[&str], timeout: Duration) -> Option<Self::Guards>;
}

/// What `#[synchronized(A, B, timeout = .., else = ..)]` tries to have.
///
/// # Panics
///
/// If two of them are the same lock, before any is acquired.
#[inline]
#[track_caller]
pub fn lock_all_timeout<L: LockAllTimed>(
    locks: L,
    names: &[&str],
    timeout: Duration,
) -> Option<L::Guards> {
    locks.__lock_all_timeout(names, timeout)
}

/// Refuses the same lock under two names.
#[track_caller]
fn refuse_twins(places: &[(*const (), usize)], names: &[&str]) {
    for (second, place) in places.iter().enumerate() {
        if let Some(first) = places[..second].iter().position(|other| other == place) {
            panic!(
                "`{}` and `{}` are the same lock",
                names[first], names[second]
            );
        }
    }
}

macro_rules! lock_tuple {
    ($($lock:ident $guard:ident $index:tt),*) => {
        impl<'a, $($lock: AnyTimedLock),*> LockAllTimed for ($(&'a $lock,)*) {
            type Guards = ($($lock::Guard<'a>,)*);

            #[track_caller]
            fn __lock_all_timeout(
                self,
                names: &[&str],
                timeout: Duration,
            ) -> Option<Self::Guards> {
                refuse_twins(&[$(self.$index.__whereabouts()),*], names);
                let deadline = backend::deadline_after(timeout);
                let mut left = timeout;
                // Which lock to wait for: the one that was found taken last time.
                let mut awaited = 0;
                loop {
                    backend::yield_point();
                    $(
                        let mut $guard = None;
                        if awaited == $index {
                            $guard = Some(self.$index.__acquire_timeout(left)?);
                        }
                    )*
                    // A deadline too far for the clock is none, and `left` stays what it is.
                    if let Some(deadline) = deadline {
                        left = deadline.saturating_duration_since(backend::now());
                    }
                    $(
                        if $guard.is_none() {
                            $guard = self.$index.__try_acquire();
                        }
                        if $guard.is_none() {
                            awaited = $index;
                            continue;
                        }
                    )*
                    if let ($(Some($guard),)*) = ($($guard,)*) {
                        return Some(($($guard,)*));
                    }
                }
            }
        }
    };
}

lock_tuple!(A a 0, B b 1);
lock_tuple!(A a 0, B b 1, C c 2);
lock_tuple!(A a 0, B b 1, C c 2, D d 3);
lock_tuple!(A a 0, B b 1, C c 2, D d 3, E e 4);
lock_tuple!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
lock_tuple!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6);
lock_tuple!(A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7);
