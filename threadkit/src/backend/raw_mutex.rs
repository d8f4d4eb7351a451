//! The raw mutex below everything that locks: parking_lot's, or under an exploration, a sleep.

use core::time::Duration;

use parking_lot::lock_api::{self, RawMutex as _, RawMutexTimed as _};

use super::clock::{Instant, deadline_after};
use super::explored::{self, Player, Wake};
use super::jitter;
use super::task::yield_point;

/// parking_lot's raw mutex. Under an exploration whoever finds it locked by another of its tasks sleeps in
/// the exploration's own queue, so that the scheduler knows; the lock itself is the same.
pub(crate) struct RawMutex(parking_lot::RawMutex);

/// How long an exploration waits for a thread outside of it to release a lock: mostly one that drops the
/// last of something, and holds it for a few instructions. Nobody else would tell when it is free.
const OUTSIDERS: Duration = Duration::from_secs(1);

type Guard = <parking_lot::RawMutex as lock_api::RawMutex>::Guard;

impl RawMutex {
    fn key(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// Acquires under an exploration.
    #[cold]
    fn lock_explored(&self, player: Player, deadline: Option<Instant>) -> Option<Guard> {
        loop {
            if let Some(guard) = self.try_lock_explored(player) {
                return Some(guard);
            }
            if !player.holds(self.key())
                && let Some(guard) = self.0.try_lock_for(OUTSIDERS)
            {
                player.acquired(self.key());
                return Some(guard);
            }
            match player.park(self.key(), || self.0.is_locked(), deadline) {
                Wake::Woken => {}
                Wake::HandedOver => return Some(Guard::new()),
                Wake::TimedOut => return self.try_lock_explored(player),
            }
        }
    }

    #[cold]
    fn try_lock_explored(&self, player: Player) -> Option<Guard> {
        player.yield_point();
        let guard = self.0.try_lock()?;
        player.acquired(self.key());
        Some(guard)
    }
}

// SAFETY: the state is that of parking_lot's raw mutex, which gives mutual exclusion. The only
// acquisition that is not its own is a hand-over under an exploration, where the one who had it leaves
// it locked to exactly one sleeper.
unsafe impl lock_api::RawMutex for RawMutex {
    const INIT: Self = Self(parking_lot::RawMutex::INIT);

    type Guard = Guard;

    #[inline]
    fn lock(&self) -> Guard {
        match explored::here() {
            None => {
                jitter::yield_point();
                self.0.lock()
            }
            Some(player) => loop {
                if let Some(guard) = self.lock_explored(player, None) {
                    return guard;
                }
            },
        }
    }

    #[inline]
    fn try_lock(&self) -> Option<Guard> {
        match explored::here() {
            None => {
                jitter::yield_point();
                self.0.try_lock()
            }
            Some(player) => self.try_lock_explored(player),
        }
    }

    #[inline]
    unsafe fn unlock(&self, guard: Guard) {
        yield_point();
        // SAFETY: passed on from the caller.
        unsafe { self.0.unlock(guard) };
        if let Some(player) = explored::here() {
            player.released(self.key());
        }
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.0.is_locked()
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawMutexFair for RawMutex {
    #[inline]
    unsafe fn unlock_fair(&self, guard: Guard) {
        yield_point();
        match explored::here() {
            // SAFETY: passed on from the caller.
            None => unsafe { self.0.unlock_fair(guard) },
            Some(player) => {
                if !player.hand_over(self.key()) {
                    // SAFETY: passed on from the caller.
                    unsafe { self.0.unlock(guard) };
                    player.released(self.key());
                }
            }
        }
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawMutexTimed for RawMutex {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    fn try_lock_for(&self, timeout: Duration) -> Option<Guard> {
        match explored::here() {
            None => self.0.try_lock_for(timeout),
            Some(player) => self.lock_explored(player, deadline_after(timeout)),
        }
    }

    #[inline]
    fn try_lock_until(&self, deadline: Instant) -> Option<Guard> {
        match explored::here() {
            None => self.0.try_lock_until(deadline),
            Some(player) => self.lock_explored(player, Some(deadline)),
        }
    }
}
