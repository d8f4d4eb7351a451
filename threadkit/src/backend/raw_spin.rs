//! A raw spin lock for a few instructions.

use core::hint;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::thread;
use std::time::Instant;

use parking_lot::lock_api::{self, GuardNoSend};

use super::explored::{self, Access, ExploredTask};
use super::explored_lock::ExploredLock;
use super::jitter;

/// How many times a waiter pauses, twice as long each time, before it yields. The holder mostly runs on another core,
/// and releases the lock in less time than a yield takes.
const PAUSES: u32 = 5;

/// How many rounds a waiter then makes that yield, to a holder that has lost its core.
const YIELDS: u32 = 200;

/// How long it sleeps between two tries after that. This is for a holder that does not run although waiters yield,
/// because it has a lower priority than a waiter of a real-time class.
const NAP: Duration = Duration::from_micros(50);

/// A mutex whose waiters do not queue up.
///
/// Its release is a plain store. A mutex with sleepers needs a second atomic exchange to find them, which is half the
/// cost of a critical section as short as those here. In return, waiters have to try again and again. So only a few
/// instructions of our own may run under it: no code of a user, and nothing that waits.
///
/// Explorations do not see a `QUIET` one.
pub(crate) struct RawSpin<const QUIET: bool = false> {
    locked: AtomicBool,
}

impl<const QUIET: bool> RawSpin<QUIET> {
    /// The current task, if it runs under an exploration that sees this lock.
    #[inline(always)]
    fn explored() -> Option<ExploredTask> {
        if QUIET { None } else { explored::here() }
    }

    #[inline(always)]
    fn take(&self) -> bool {
        // Acquire: the holder sees what earlier holders did. A swap takes less time than a compare-and-swap, and a lock
        // that is held stays so.
        !self.locked.swap(true, Ordering::Acquire)
    }

    #[cold]
    #[inline(never)]
    fn wait_and_take(&self) {
        #[cfg(all(test, feature = "explore"))]
        tally::note_wait();
        let mut rounds = 0;
        while !self.looks_and_takes() {
            pause(&mut rounds);
        }
    }

    /// A read before the try: a read does not take the cache line from the holder.
    fn looks_and_takes(&self) -> bool {
        !self.locked.load(Ordering::Relaxed) && RawSpin::take(self)
    }
}

/// What a waiter does between two tries.
fn pause(rounds: &mut u32) {
    match *rounds {
        0..PAUSES => (0..1 << *rounds).for_each(|_| hint::spin_loop()),
        PAUSES..YIELDS => thread::yield_now(),
        _ => thread::sleep(NAP),
    }
    *rounds = rounds.saturating_add(1);
}

impl<const QUIET: bool> ExploredLock for RawSpin<QUIET> {
    fn access(&self) -> Access {
        Access::ANY
    }

    fn take(&self) -> bool {
        let taken = RawSpin::take(self);
        #[cfg(all(test, feature = "explore"))]
        if !taken {
            tally::note_wait();
        }
        taken
    }

    fn take_within(&self, timeout: Duration) -> bool {
        // That of the system: no time passes in the exploration meanwhile.
        let begun = Instant::now();
        let mut rounds = 0;
        while !self.looks_and_takes() {
            if begun.elapsed() >= timeout {
                return false;
            }
            pause(&mut rounds);
        }
        true
    }

    fn is_taken(&self) -> bool {
        self.locked.load(Ordering::Relaxed)
    }

    fn take_over(&self) {}
}

// SAFETY: `locked` goes from false to true by a swap whose winner, which read false, holds the mutex, and back
// only in `unlock`, which the holder calls: so there is one holder at a time. The swap acquires what
// that store releases. The state of an acquisition is nothing, and no operation unwinds.
unsafe impl<const QUIET: bool> lock_api::RawMutex for RawSpin<QUIET> {
    const INIT: Self = Self {
        locked: AtomicBool::new(false),
    };

    type Guard = GuardNoSend;

    #[inline]
    fn lock(&self) -> GuardNoSend {
        #[cfg(all(test, feature = "explore"))]
        tally::note_acquisition();
        match Self::explored() {
            // Without a deadline this ends only with the lock.
            Some(current) => while !self.wait_explored(current, None) {},
            None => {
                if !QUIET {
                    jitter::yield_point();
                }
                if !RawSpin::take(self) {
                    self.wait_and_take();
                }
            }
        }
        GuardNoSend::new()
    }

    #[inline]
    fn try_lock(&self) -> Option<GuardNoSend> {
        let taken = match Self::explored() {
            Some(current) => {
                current.yield_before(Access::ANY);
                self.try_explored(current)
            }
            None => {
                if !QUIET {
                    jitter::yield_point();
                }
                RawSpin::take(self)
            }
        };
        taken.then_some(GuardNoSend::new())
    }

    #[inline]
    unsafe fn unlock(&self, _guard: GuardNoSend) {
        // An exploration does not switch here, as in `RawMutex`.
        if !QUIET {
            jitter::yield_point();
        }
        // Release: see `take`.
        self.locked.store(false, Ordering::Release);
        if let Some(current) = Self::explored() {
            current.released(self.key());
        }
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.locked.load(Ordering::Relaxed)
    }
}

/// Acquires the lock, unless another thread holds it. An exploration waits for it, so that this is one step there.
///
/// A caller that then does everything else in a cold function saves no registers on its fast path.
#[inline(always)]
pub(crate) fn lock_unless_contended<T>(
    mutex: &lock_api::Mutex<RawSpin, T>,
) -> Option<lock_api::MutexGuard<'_, RawSpin, T>> {
    match RawSpin::<false>::explored() {
        Some(_) => Some(mutex.lock()),
        None => mutex.try_lock(),
    }
}

/// How often such locks were acquired in this process, and how often a thread had to wait, for tests that count.
#[cfg(all(test, feature = "explore"))]
pub(crate) mod tally {
    use core::sync::atomic::{AtomicU64, Ordering};

    static ACQUISITIONS: AtomicU64 = AtomicU64::new(0);
    static WAITS: AtomicU64 = AtomicU64::new(0);

    pub(super) fn note_acquisition() {
        ACQUISITIONS.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn note_wait() {
        WAITS.fetch_add(1, Ordering::Relaxed);
    }

    /// Acquisitions, and waits.
    pub(crate) fn read() -> (u64, u64) {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (read(&ACQUISITIONS), read(&WAITS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        const EACH: u64 = if cfg!(debug_assertions) {
            20_000
        } else {
            500_000
        };
        let total = lock_api::Mutex::<RawSpin, u64>::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..EACH).for_each(|_| *total.lock() += 1));
            }
        });
        assert!(!total.is_locked());
        let held = total.try_lock();
        assert!(held.is_some() && total.try_lock().is_none() && total.is_locked());
        drop(held);
        assert_eq!(total.into_inner(), 4 * EACH);
    }

    /// The thread outside wakes nobody in the exploration, which waits for it.
    #[cfg(feature = "explore")]
    #[test]
    fn an_exploration_waits_for_a_thread_outside_of_it() {
        use crate::explore::Explorer;
        use std::sync::mpsc;

        static HELD: lock_api::Mutex<RawSpin, u64> = lock_api::Mutex::new(0);
        let (acquired, is_acquired) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut held = HELD.lock();
                acquired.send(()).unwrap();
                thread::sleep(Duration::from_millis(50));
                *held += 1;
            });
            is_acquired.recv().unwrap();
            Explorer::new().runs(1).check(|| assert!(*HELD.lock() > 0));
        });
    }
}
