//! Threads that have waited too long.

use core::sync::atomic::{AtomicU16, Ordering};
use core::time::Duration;

use super::clock::{Instant, deadline_after};
use super::explored;

/// How long a thread competes for a lock before it counts as starving, and is served in order; and how long a condition
/// wakes it in vain before that.
///
/// A hand-over costs a wake-up during which no thread holds the lock, so hand-overs must be rare compared to
/// acquisitions: much less than this costs throughput when many threads hold a lock for a short time. It
/// should not be much more either, because it bounds how long a thread waits beyond the holds of the
/// threads ahead of it.
pub(super) const STARVES_AFTER: Duration = Duration::from_millis(4);

/// When a thread that begins to wait now starves; `None` for never.
pub(crate) fn starves_at() -> Option<Instant> {
    match explored::here() {
        Some(current) if !current.explores_starvation() => None,
        _ => deadline_after(STARVES_AFTER),
    }
}

/// How many threads starve for a lock, or for what a condition tells.
///
/// # Invariant
///
/// It is the number of threads between the start of their wait in the queue and its end. If more threads
/// starve than it can count, it stays at its maximum, and the surplus threads profit from what is done for
/// the others. Each counted thread increments it once and decrements it once. It only chooses between two
/// ways of releasing a lock, or of waiting for a condition, that are both correct at any time, so its
/// accesses are relaxed: reading an old zero costs a starving thread one more round.
#[derive(Debug)]
pub(crate) struct Starving(AtomicU16);

impl Starving {
    pub(crate) const fn new() -> Self {
        Self(AtomicU16::new(0))
    }

    #[inline(always)]
    pub(crate) fn is_zero(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> u16 {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts the calling thread as starving while `wait` runs.
    pub(super) fn during<G>(&self, wait: impl FnOnce() -> G) -> G {
        let announced = self.announce();
        let guard = wait();
        drop(announced);
        guard
    }

    /// Counts the calling thread as starving until the result is dropped.
    pub(crate) fn announce(&self) -> Announced<'_> {
        let raised = |count: u16| count.checked_add(1);
        Announced {
            starving: self,
            counted: self
                .0
                .try_update(Ordering::Relaxed, Ordering::Relaxed, raised)
                .is_ok(),
        }
    }
}

/// Ends the count of a thread when dropped.
#[must_use = "it is counted until this is dropped"]
pub(crate) struct Announced<'a> {
    starving: &'a Starving,
    counted: bool,
}

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        if self.counted {
            self.starving.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
