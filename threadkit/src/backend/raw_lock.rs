//! The raw lock below `Lock`: parking_lot's, with a bound on waiting.

use core::time::Duration;

use parking_lot::lock_api::{RawMutex as _, RawMutexFair as _, RawMutexTimed as _};

use super::clock::deadline_after;
use super::explored::{self, Access};
use super::raw_mutex::{Acquired, RawMutex, USERS};
use super::starving::{STARVES_AFTER, Starving, starves_at};
use super::task::also_uses;

/// A mutex as fast as parking_lot's whose waiters cannot starve.
///
/// parking_lot lets a running thread take the lock ahead of sleeping ones. That makes it fast, and lets a
/// sleeper wait for ever. Here a thread that has tried for [`STARVES_AFTER`] counts itself in `starving` and
/// queues up. While that count is not zero, every release hands the lock to the head of the queue. The
/// queue is first come, first served, so a starving thread waits at most for the threads that slept
/// before it.
pub(crate) struct RawLock {
    raw: RawMutex<USERS>,
    starving: Starving,
}

impl RawLock {
    pub(crate) const fn new() -> Self {
        Self {
            raw: RawMutex::INIT,
            starving: Starving::new(),
        }
    }

    #[inline]
    pub(crate) fn lock(&self) -> Acquired {
        if explored::here().is_some_and(|current| !current.explores_starvation()) {
            return self.raw.lock();
        }
        // For a free lock the timed form does the same as the plain one; it reads the clock only afterwards.
        match self.raw.try_lock_for(STARVES_AFTER) {
            Some(acquired) => acquired,
            None => self.lock_starving(),
        }
    }

    #[cold]
    fn lock_starving(&self) -> Acquired {
        self.starving.during(|| self.raw.lock())
    }

    #[inline]
    pub(crate) fn try_lock(&self) -> Option<Acquired> {
        self.raw.try_lock()
    }

    /// As [`try_lock`](Self::try_lock), where locks take their fast path.
    #[inline(always)]
    pub(crate) fn try_lock_fast(&self) -> Option<Acquired> {
        self.raw.try_lock_fast()
    }

    /// Gives up after `timeout` at the earliest. A `timeout` that is too long for the clock is no limit.
    #[inline]
    pub(crate) fn try_lock_for(&self, timeout: Duration) -> Option<Acquired> {
        if timeout <= STARVES_AFTER {
            return self.raw.try_lock_for(timeout);
        }
        match self.raw.try_lock() {
            Some(acquired) => Some(acquired),
            None => self.wait_for(timeout),
        }
    }

    #[cold]
    fn wait_for(&self, timeout: Duration) -> Option<Acquired> {
        let Some(deadline) = deadline_after(timeout) else {
            return Some(self.lock());
        };
        let Some(starves) = starves_at() else {
            return self.raw.try_lock_until(deadline);
        };
        match self.raw.try_lock_until(starves) {
            Some(acquired) => Some(acquired),
            None => self.starving.during(|| self.raw.try_lock_until(deadline)),
        }
    }

    /// # Safety
    ///
    /// `acquired` comes from an acquisition of this lock by the current thread, which this ends.
    #[inline]
    pub(crate) unsafe fn unlock(&self, acquired: Acquired) {
        if self.starving.is_zero() {
            // SAFETY: passed on from the caller.
            unsafe { self.raw.unlock(acquired) };
        } else {
            // SAFETY: as above.
            unsafe { self.raw.unlock_fair(acquired) };
        }
    }

    /// As [`unlock`](Self::unlock), where locks take their fast path.
    ///
    /// # Safety
    ///
    /// `acquired` comes from an acquisition of this lock by the current thread, which this ends.
    #[inline(always)]
    pub(crate) unsafe fn unlock_fast(&self, acquired: Acquired) {
        if self.starving.is_zero() {
            // SAFETY: passed on from the caller.
            unsafe { self.raw.unlock_fast(acquired) };
        } else {
            // SAFETY: as above.
            unsafe { self.raw.unlock_fair(acquired) };
        }
    }

    #[inline]
    pub(crate) fn is_locked(&self) -> bool {
        also_uses(Access::look(&self.raw));
        self.raw.is_locked()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn threads_that_got_it_or_gave_up_do_not_count_as_starving() {
        static LOCK: RawLock = RawLock::new();
        let starving = || LOCK.starving.count();
        let held = LOCK.lock();
        thread::scope(|s| {
            for n in 1..=4 {
                s.spawn(move || assert!(LOCK.try_lock_for(STARVES_AFTER * 2 * n).is_none()));
            }
            while starving() == 0 {
                thread::yield_now();
            }
        });
        assert_eq!(starving(), 0, "all have given up");

        thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    let acquired = LOCK.lock();
                    // SAFETY: acquired just now, with that state.
                    unsafe { LOCK.unlock(acquired) };
                });
            }
            while starving() < 4 {
                thread::yield_now();
            }
            // SAFETY: acquired above, with that state, by this thread.
            unsafe { LOCK.unlock(held) };
        });
        assert_eq!(starving(), 0, "all have had it");
        assert!(!LOCK.is_locked());
    }
}
