//! The raw lock that reports to the inspect room.

use core::time::Duration;

use crate::backend::lock_api::{RawMutex, RawMutexTimed};
use crate::backend::{Instant, RawLock};
use crate::inspect::LockTag;

/// A [`RawLock`] and what is known of it; without inspection it is the raw lock alone.
///
/// All guards of a `Lock` acquire and release through here, so none of them can forget to report.
pub(super) struct TracedLock {
    raw: RawLock,
    tag: LockTag,
}

impl TracedLock {
    #[track_caller]
    pub(super) const fn new() -> Self {
        Self {
            raw: RawLock::INIT,
            tag: LockTag::new(),
        }
    }

    #[track_caller]
    pub(super) const fn named(name: &'static str) -> Self {
        Self {
            raw: RawLock::INIT,
            tag: LockTag::named(name),
        }
    }

    pub(super) fn tag(&self) -> &LockTag {
        &self.tag
    }

    #[inline]
    #[track_caller]
    fn reported(
        &self,
        guard: Option<<Self as RawMutex>::Guard>,
    ) -> Option<<Self as RawMutex>::Guard> {
        self.tag.used();
        if guard.is_some() {
            self.tag.acquired();
        }
        guard
    }
}

// SAFETY: all of it is the raw lock's; the tag is told of an acquisition after it has succeeded and
// of a release before it happens. `acquire` may unwind, and does so before anything is acquired.
unsafe impl RawMutex for TracedLock {
    const INIT: Self = Self::new();

    type Guard = <RawLock as RawMutex>::Guard;

    #[inline]
    #[track_caller]
    fn lock(&self) -> Self::Guard {
        self.tag.acquire(|| self.raw.try_lock(), || self.raw.lock())
    }

    #[inline]
    #[track_caller]
    fn try_lock(&self) -> Option<Self::Guard> {
        self.reported(self.raw.try_lock())
    }

    #[inline]
    unsafe fn unlock(&self, guard: Self::Guard) {
        self.tag.released();
        // SAFETY: passed on from the caller.
        unsafe { self.raw.unlock(guard) };
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }
}

// SAFETY: as above.
unsafe impl RawMutexTimed for TracedLock {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    #[track_caller]
    fn try_lock_for(&self, timeout: Duration) -> Option<Self::Guard> {
        // For ever is not a limited time: who holds the lock already is told, as by `lock`.
        if timeout == Duration::MAX {
            return Some(self.lock());
        }
        let _waiting = self.tag.waiting();
        self.reported(self.raw.try_lock_for(timeout))
    }

    #[inline]
    #[track_caller]
    fn try_lock_until(&self, deadline: Instant) -> Option<Self::Guard> {
        let _waiting = self.tag.waiting();
        self.reported(self.raw.try_lock_until(deadline))
    }
}
