//! Waiting for a raw lock under an exploration.

use core::time::Duration;

use super::clock::Instant;
use super::explored::{ExploredTask, Wake};

/// How long an exploration waits for a thread outside of it to release a lock: mostly one that drops the
/// last of something, and holds it for a few instructions. Nobody else would tell when it is free.
const OUTSIDERS: Duration = Duration::from_secs(1);

/// A raw lock that is the same under an exploration as without, but for how it is waited for: whoever finds
/// it locked by another task of the exploration sleeps in the exploration's own queue, so that the scheduler
/// knows.
pub(super) trait ExploredLock {
    /// Acquires it if it is free.
    fn take(&self) -> bool;

    /// Acquires it, really waiting for it if need be.
    fn take_within(&self, timeout: Duration) -> bool;

    fn is_taken(&self) -> bool;

    /// Whoever had it has left it locked, for the current task alone.
    fn take_over(&self);

    /// What the exploration knows it by.
    fn key(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// Acquires it if it is free, and tells the exploration.
    #[cold]
    fn try_explored(&self, current: ExploredTask) -> bool {
        let taken = self.take();
        if taken {
            current.acquired(self.key());
        }
        taken
    }

    /// Waits for it, until the deadline if there is one; says whether it was acquired.
    #[cold]
    fn wait_explored(&self, current: ExploredTask, deadline: Option<Instant>) -> bool {
        loop {
            current.yield_point();
            if self.try_explored(current) {
                return true;
            }
            if !current.holds(self.key()) && self.take_within(OUTSIDERS) {
                current.acquired(self.key());
                return true;
            }
            match current.park(self.key(), || self.is_taken(), deadline) {
                Wake::Woken => {}
                Wake::HandedOver => {
                    self.take_over();
                    return true;
                }
                Wake::TimedOut => {
                    current.yield_point();
                    return self.try_explored(current);
                }
            }
        }
    }
}
