//! Who has waited too long for a raw lock.

use core::sync::atomic::{AtomicU16, Ordering};
use core::time::Duration;

/// How long a thread competes for a lock before it asks to be served in turn.
///
/// A hand-over costs a wake-up during which nobody has the lock, so it must be rare beside the holds:
/// with an eighth of this, thirty-two threads on two cores that hold it for a microsecond each lose a
/// third of their throughput. Nobody is to wait for more than ten milliseconds beyond the holds of
/// those ahead, which bounds it from the other side.
pub(super) const PATIENCE: Duration = Duration::from_millis(4);

/// How many threads have lost their patience with a lock.
///
/// # Invariant
///
/// It is the number of threads between announcing themselves and getting the lock or giving up (or
/// its maximum, should ever more threads starve at once: those above it share the hand-overs that
/// the others bring about). Each of them raises it once and lowers it once. It only chooses between
/// two ways of releasing, both of which are right at any time, so its accesses are relaxed: a release
/// that reads an old zero costs a starving thread one more turn.
pub(super) struct Starving(AtomicU16);

impl Starving {
    pub(super) const fn nobody() -> Self {
        Self(AtomicU16::new(0))
    }

    #[inline]
    pub(super) fn is_nobody(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> u16 {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts the calling thread among the starving while `wait` runs.
    pub(super) fn during<G>(&self, wait: impl FnOnce() -> G) -> G {
        let raised = |count: u16| count.checked_add(1);
        let announced = Announced {
            starving: self,
            counted: self
                .0
                .try_update(Ordering::Relaxed, Ordering::Relaxed, raised)
                .is_ok(),
        };
        let guard = wait();
        drop(announced);
        guard
    }
}

/// Takes the announcement back when dropped.
struct Announced<'a> {
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
