//! The raw mutex below all other locks: parking_lot's, whose waits an exploration sees.

use core::time::Duration;

use parking_lot::lock_api::{self, RawMutex as _, RawMutexTimed as _};

use super::clock::{Instant, deadline_after};
use super::explored::{self, Access};
use super::explored_lock::ExploredLock;
use super::jitter;
use super::task::yield_before;

/// parking_lot's raw mutex; under an exploration, threads wait for it as an [`ExploredLock`].
///
/// `WHOSE` says whose state it protects: [`OURS`], [`OURS_ALONE`] or [`USERS`].
pub(crate) struct RawMutex<const WHOSE: u8 = OURS>(parking_lot::RawMutex);

/// State of our own. A step that acquires the mutex may also use what others use without it.
///
/// An exploration does not switch before the release: other tasks could not do anything there that they cannot do
/// before the acquisition or after the release, because no task only tries to acquire it.
pub(crate) const OURS: u8 = 0;

/// The same, where a task that holds the mutex uses nothing else that others can observe.
pub(crate) const OURS_ALONE: u8 = 1;

/// State of the program, whose threads may try to acquire it.
pub(crate) const USERS: u8 = 2;

impl<const WHOSE: u8> RawMutex<WHOSE> {
    #[inline(always)]
    fn access(&self) -> Access {
        match WHOSE {
            OURS => Access::ANY,
            _ => Access::take(self),
        }
    }

    /// A point at which another task may run, before a release.
    #[inline(always)]
    fn yield_before_release(&self) {
        if WHOSE == USERS || explored::here().is_none() {
            yield_before(self.access());
        }
    }
}

/// One acquisition of a raw lock, to be given back when the lock is released.
pub(crate) type Acquired = <parking_lot::RawMutex as lock_api::RawMutex>::Guard;

impl<const WHOSE: u8> ExploredLock for RawMutex<WHOSE> {
    fn access(&self) -> Access {
        RawMutex::access(self)
    }

    fn take(&self) -> bool {
        self.0.try_lock().is_some()
    }

    fn take_within(&self, timeout: Duration) -> bool {
        self.0.try_lock_for(timeout).is_some()
    }

    fn is_taken(&self) -> bool {
        self.0.is_locked()
    }

    fn take_over(&self) {}
}

impl<const WHOSE: u8> RawMutex<WHOSE> {
    /// As `try_lock`, where locks take their fast path: without explorations and delays. It takes fewer calls in a debug
    /// build, where the `try_lock` of parking_lot is a loop with closures.
    #[inline(always)]
    pub(super) fn try_lock_fast(&self) -> Option<Acquired> {
        match self.0.is_locked() {
            true => None,
            // Another thread may acquire it at this moment; then this tries again a few times.
            false => self.0.try_lock_for(Duration::ZERO),
        }
    }

    /// As `unlock`, where locks take their fast path.
    ///
    /// # Safety
    ///
    /// `guard` comes from an acquisition of this lock by the current thread, which this ends.
    #[inline(always)]
    pub(super) unsafe fn unlock_fast(&self, guard: Acquired) {
        // SAFETY: passed on from the caller.
        unsafe { self.0.unlock(guard) };
    }
}

// SAFETY: the state is that of parking_lot's raw mutex, which gives mutual exclusion. The only acquisition that is not
// its own is a hand-over under an exploration: the holder leaves it locked, to exactly one sleeper.
unsafe impl<const WHOSE: u8> lock_api::RawMutex for RawMutex<WHOSE> {
    const INIT: Self = Self(parking_lot::RawMutex::INIT);

    type Guard = Acquired;

    #[inline]
    fn lock(&self) -> Acquired {
        match explored::here() {
            None => {
                jitter::yield_point();
                self.0.lock()
            }
            Some(current) => {
                // Without a deadline this ends only with the lock.
                while !self.wait_explored(current, None) {}
                Acquired::new()
            }
        }
    }

    #[inline]
    fn try_lock(&self) -> Option<Acquired> {
        match explored::here() {
            None => {
                jitter::yield_point();
                self.0.try_lock()
            }
            Some(current) => {
                current.yield_before(self.access());
                self.try_explored(current).then(Acquired::new)
            }
        }
    }

    #[inline]
    unsafe fn unlock(&self, guard: Acquired) {
        self.yield_before_release();
        // SAFETY: passed on from the caller.
        unsafe { self.0.unlock(guard) };
        if let Some(current) = explored::here() {
            current.released(self.key());
        }
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.0.is_locked()
    }
}

// SAFETY: as above.
unsafe impl<const WHOSE: u8> lock_api::RawMutexFair for RawMutex<WHOSE> {
    #[inline]
    unsafe fn unlock_fair(&self, guard: Acquired) {
        self.yield_before_release();
        match explored::here() {
            // SAFETY: passed on from the caller.
            None => unsafe { self.0.unlock_fair(guard) },
            Some(current) => {
                if !current.hand_over(self.key()) {
                    // SAFETY: passed on from the caller.
                    unsafe { self.0.unlock(guard) };
                    current.released(self.key());
                }
            }
        }
    }
}

// SAFETY: as above.
unsafe impl<const WHOSE: u8> lock_api::RawMutexTimed for RawMutex<WHOSE> {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    fn try_lock_for(&self, timeout: Duration) -> Option<Acquired> {
        match explored::here() {
            None => self.0.try_lock_for(timeout),
            Some(current) => {
                let deadline = deadline_after(timeout);
                self.wait_explored(current, deadline).then(Acquired::new)
            }
        }
    }

    #[inline]
    fn try_lock_until(&self, deadline: Instant) -> Option<Acquired> {
        match explored::here() {
            None => self.0.try_lock_until(deadline),
            Some(current) => self
                .wait_explored(current, Some(deadline))
                .then(Acquired::new),
        }
    }
}
