//! The raw lock below `Lock`: parking_lot's, with a bound on waiting.

use core::time::Duration;

use parking_lot::lock_api::{self, RawMutex as _, RawMutexFair as _, RawMutexTimed as _};

use super::clock::{Instant, deadline_after};
use super::raw_mutex::RawMutex;
use super::starving::{PATIENCE, Starving};

/// A mutex as fast as parking_lot's whose waiters cannot starve.
///
/// parking_lot lets a running thread take the lock ahead of those that sleep, which is what makes
/// it fast and what lets a sleeper wait for ever. Here a thread that has tried for [`PATIENCE`]
/// counts itself in `starving` and queues up; while that count is not zero, whoever releases hands
/// the lock to the head of the queue. The queue is first come, first served, so a starving thread
/// waits at most for those that slept before it did.
pub(crate) struct RawLock {
    raw: RawMutex,
    starving: Starving,
}

impl RawLock {
    #[cold]
    fn lock_starving(&self) -> <Self as lock_api::RawMutex>::Guard {
        self.starving.during(|| self.raw.lock())
    }

    #[cold]
    fn lock_starving_until(
        &self,
        deadline: Instant,
    ) -> Option<<Self as lock_api::RawMutex>::Guard> {
        self.starving.during(|| self.raw.try_lock_until(deadline))
    }
}

// SAFETY: every operation that acquires or releases is one of parking_lot's raw mutex, which gives
// mutual exclusion with the orderings asked for, and passes its guard state through; `starving`
// only selects between its two ways of releasing. None of the operations unwinds.
unsafe impl lock_api::RawMutex for RawLock {
    const INIT: Self = Self {
        raw: RawMutex::INIT,
        starving: Starving::nobody(),
    };

    type Guard = <RawMutex as lock_api::RawMutex>::Guard;

    #[inline]
    fn lock(&self) -> Self::Guard {
        // The timed form takes a free lock as the plain one does; it looks at the clock afterwards.
        match self.raw.try_lock_for(PATIENCE) {
            Some(guard) => guard,
            None => self.lock_starving(),
        }
    }

    #[inline]
    fn try_lock(&self) -> Option<Self::Guard> {
        self.raw.try_lock()
    }

    #[inline]
    unsafe fn unlock(&self, guard: Self::Guard) {
        if self.starving.is_nobody() {
            // SAFETY: the caller holds the lock and gives the state of that acquisition.
            unsafe { self.raw.unlock(guard) };
        } else {
            // SAFETY: as above.
            unsafe { self.raw.unlock_fair(guard) };
        }
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }
}

// SAFETY: as for the plain operations; `try_lock_*` give up no sooner than they were told to.
unsafe impl lock_api::RawMutexTimed for RawLock {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    fn try_lock_for(&self, timeout: Duration) -> Option<Self::Guard> {
        if timeout <= PATIENCE {
            return self.raw.try_lock_for(timeout);
        }
        match self.raw.try_lock() {
            Some(guard) => Some(guard),
            None => match deadline_after(timeout) {
                Some(deadline) => self.try_lock_until(deadline),
                None => Some(self.lock()),
            },
        }
    }

    #[inline]
    fn try_lock_until(&self, deadline: Instant) -> Option<Self::Guard> {
        let impatient = deadline_after(PATIENCE).is_none_or(|patience| deadline <= patience);
        if impatient {
            return self.raw.try_lock_until(deadline);
        }
        match self.raw.try_lock_for(PATIENCE) {
            Some(guard) => Some(guard),
            None => self.lock_starving_until(deadline),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use parking_lot::lock_api::RawMutex as _;

    use super::*;

    #[test]
    fn nobody_counts_as_starving_who_got_it_or_gave_up() {
        static LOCK: RawLock = RawLock::INIT;
        let starving = || LOCK.starving.count();
        let held = LOCK.lock();
        thread::scope(|s| {
            for n in 1..=4 {
                s.spawn(move || assert!(LOCK.try_lock_for(PATIENCE * 2 * n).is_none()));
            }
            while starving() == 0 {
                thread::yield_now();
            }
        });
        assert_eq!(starving(), 0, "all have given up");

        thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    let guard = LOCK.lock();
                    // SAFETY: acquired just now, with that state.
                    unsafe { LOCK.unlock(guard) };
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
