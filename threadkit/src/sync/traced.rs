//! The raw lock that reports to the inspect room.

use core::time::Duration;

use super::guard::{Hold, Writes};
use crate::backend::{Acquired, RawLock};
use crate::inspect::LockTag;

/// A [`RawLock`] and its inspection data; without inspection it is the raw lock alone.
///
/// All guards of a `Lock` acquire and release through this type, so none of them can forget to report. The
/// tag is notified of an acquisition after it has succeeded, and of a release before it happens.
pub(super) struct TracedLock {
    raw: RawLock,
    tag: LockTag,
}

/// The only way of holding this lock.
pub(super) struct Exclusive;

// SAFETY: the lock has one holder at a time, and only holders reach the value.
unsafe impl Hold for Exclusive {
    type Raw = TracedLock;
    type Acquired = Acquired;

    #[inline(always)]
    unsafe fn release(raw: &TracedLock, acquired: Acquired) {
        // SAFETY: passed on from the caller.
        unsafe { raw.unlock(acquired) };
    }
}

// SAFETY: as above.
unsafe impl Writes for Exclusive {}

impl TracedLock {
    pub(super) const fn new(tag: LockTag) -> Self {
        Self {
            raw: RawLock::new(),
            tag,
        }
    }

    pub(super) fn tag(&self) -> &LockTag {
        &self.tag
    }

    /// May unwind, and does so before anything is acquired.
    #[inline]
    #[track_caller]
    pub(super) fn lock(&self) -> Acquired {
        self.tag.acquire(
            || self.raw.try_lock_fast(),
            || self.raw.try_lock(),
            || self.raw.lock(),
        )
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_lock(&self) -> Option<Acquired> {
        let acquired = self.reported(self.raw.try_lock());
        if acquired.is_none() {
            self.tag.tried();
        }
        acquired
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_lock_for(&self, timeout: Duration) -> Option<Acquired> {
        // There is no limit, so a thread that holds the lock already is refused, as by `lock`.
        if timeout == Duration::MAX {
            return Some(self.lock());
        }
        let wait = || self.raw.try_lock_for(timeout);
        self.reported(self.tag.wait_within(|| self.raw.try_lock(), wait))
    }

    #[inline]
    #[track_caller]
    fn reported(&self, acquired: Option<Acquired>) -> Option<Acquired> {
        self.tag.used();
        if acquired.is_some() {
            self.tag.acquired();
        }
        acquired
    }

    /// # Safety
    ///
    /// `acquired` comes from an acquisition of this lock by the current thread, which this ends.
    #[inline]
    unsafe fn unlock(&self, acquired: Acquired) {
        if self.tag.released_fast() {
            // SAFETY: passed on from the caller.
            return unsafe { self.raw.unlock_fast(acquired) };
        }
        // SAFETY: as above.
        self.tag.release(|| unsafe { self.raw.unlock(acquired) });
    }

    #[inline]
    pub(super) fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }
}
