//! Waiting for a raw lock under an exploration.

use core::time::Duration;

use super::clock::Instant;
use super::explored::{Access, ExploredTask, Wake};

/// How long an exploration waits for a foreign thread to release a lock. Such a thread usually drops the last handle
/// of something, and holds the lock for a few instructions. It does not wake sleepers of the exploration.
const OUTSIDERS: Duration = Duration::from_secs(1);

/// A raw lock with waits that the scheduler of an exploration sees: a task that finds it locked by another task
/// sleeps in the exploration's own queue. Otherwise it is the same lock.
pub(super) trait ExploredLock {
    /// Acquires it if it is free.
    fn take(&self) -> bool;

    /// Acquires it, waiting for it on the operating system if it is not free.
    fn take_within(&self, timeout: Duration) -> bool;

    fn is_taken(&self) -> bool;

    /// Called when the holder has handed the lock, still locked, to the current task.
    fn take_over(&self);

    /// The access of a step that tries to acquire it.
    fn access(&self) -> Access {
        Access::take_at(self.key())
    }

    /// Its key in the exploration.
    fn key(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// Acquires it if it is free, and notes that in the exploration.
    #[cold]
    fn try_explored(&self, current: ExploredTask) -> bool {
        let taken = self.take();
        if taken {
            current.acquired(self.key());
        }
        taken
    }

    /// Waits for it, until the deadline if there is one; returns whether it was acquired.
    #[cold]
    fn wait_explored(&self, current: ExploredTask, deadline: Option<Instant>) -> bool {
        loop {
            current.yield_before(self.access());
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
                    current.yield_before(self.access());
                    return self.try_explored(current);
                }
            }
        }
    }
}
