//! Locks with a timeout, one and several at once.

use std::time::Duration;

use super::kinds::{AnyTimedLock, TimedLockRef};
use crate::backend::{self, Instant};
use crate::inspect::{self, Foreign, Method, Wanted};
use crate::sync::{Lockable, MOST, lock_tuple, lock_tuples};

/// Acquires the lock of `#[synchronized(LOCK, timeout = .., else = ..)]` on the function of that name.
#[inline]
#[track_caller]
pub fn lock_timeout<L: AnyTimedLock + ?Sized>(
    lock: &L,
    timeout: Duration,
    function: Method,
) -> Option<L::Guard<'_>> {
    let _method = inspect::in_method(function);
    let wanted = Wanted::here(|| lock.__foreign());
    let guard = lock.__acquire_timeout(timeout)?;
    wanted.acquired();
    Some(guard)
}

/// Several locks with waits that can time out: a tuple of two to eight references.
pub trait LockAllTimed {
    /// The guards of all, in the same order.
    type Guards;

    /// Acquires all by the rule of `lock_all`, or gives up at the limit.
    fn __lock_all_timeout(self, caller: &str, names: &[&str], limit: Limit)
    -> Option<Self::Guards>;

    /// Those that do not report their acquisitions themselves.
    fn __foreign(&self) -> [Option<Foreign>; MOST];
}

/// Acquires the locks of `#[synchronized(A, B, timeout = .., else = ..)]` on the function of that name.
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
    function: Method,
) -> Option<L::Guards> {
    let _method = inspect::in_method(function);
    let deadline = backend::deadline_after(timeout);
    let wanted = Wanted::all_here(|| locks.__foreign());
    let guards = locks.__lock_all_timeout(function, names, Limit { timeout, deadline })?;
    wanted.acquired();
    Some(guards)
}

/// How long to wait for several locks together.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    timeout: Duration,
    /// `None` if it is too far away for the clock.
    deadline: Option<Instant>,
}

impl Limit {
    /// The time that is left.
    fn left(self) -> Duration {
        match self.deadline {
            Some(deadline) => deadline.saturating_duration_since(backend::now()),
            None => self.timeout,
        }
    }
}

lock_tuples!(
    lock_tuple: LockAllTimed, TimedLockRef, fn __lock_all_timeout(limit: Limit) -> Option<Self::Guards>,
    Some, |lock| lock.__acquire_timeout(limit.left())?
);
