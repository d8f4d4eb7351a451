//! What a thread does before it sleeps.

use core::cell::Cell;
use core::hint;
use core::time::Duration;
use std::thread;

use super::clock::now;
use super::explored;

/// How often a thread yields before it sleeps.
///
/// A wait is often ended at once by a thread that runs or is ready to run, and a wake-up takes much longer than all the
/// yields together. It yields instead of spinning, because on a busy machine the other thread may need this very core.
const YIELDS: u32 = 16;

/// If a yield takes this long, another thread uses the core for long. Then a sleeper is woken sooner than a thread gets
/// its core back by yielding. Threads that share a core and wait for each other come back sooner than that, even if several
/// take their turns in between.
const TAKEN: Duration = Duration::from_micros(100);

/// In how many rounds a thread pauses before it yields, twice as long each time, if it seems to have a core of its own.
/// An answer from another core often comes in less time than one yield takes.
const PAUSES: u32 = 4;

/// How long a thread rests that lets some more of what it waits for come together.
const REST: Duration = Duration::from_nanos(1000);

/// A yield that takes this long has run another thread on this core. Then pauses are of no use: the thread that would
/// end the wait may need this core.
const SWITCHED: Duration = Duration::from_nanos(700);

thread_local! {
    /// Whether another thread ran on this core during the last yield of this thread.
    static SHARES_ITS_CORE: Cell<bool> = const { Cell::new(false) };
}

/// The steps of a wait before its sleep.
#[derive(Debug)]
pub(crate) struct Backoff {
    rests: bool,
    /// The next round of pauses.
    round: u32,
    /// The yields that are left.
    yields: u32,
}

impl Backoff {
    /// Yields only.
    pub(crate) fn new() -> Self {
        Self {
            rests: false,
            round: PAUSES,
            yields: YIELDS,
        }
    }

    /// Pauses first, for a wait that a thread on another core may end in less time than a yield takes.
    pub(crate) fn pausing() -> Self {
        Self {
            round: if SHARES_ITS_CORE.get() { PAUSES } else { 0 },
            ..Self::new()
        }
    }

    /// Rests first, for a wait that is over already, but that gets more if it is longer: a thread on another core is
    /// about to add to it.
    pub(crate) fn resting() -> Self {
        Self {
            rests: true,
            ..Self::new()
        }
    }

    /// Pauses, rests or yields once; `false` when it is time to sleep.
    ///
    /// Under an exploration it is always `false`: another look would add schedules and no behaviour.
    pub(crate) fn snooze(&mut self) -> bool {
        if self.yields == 0 || explored::here().is_some() {
            return false;
        }
        if self.rests {
            self.rests = false;
            let before = now();
            while now().duration_since(before) < REST {
                hint::spin_loop();
            }
            return true;
        }
        if self.round < PAUSES {
            (0..1 << self.round).for_each(|_| hint::spin_loop());
            self.round += 1;
            return true;
        }
        let before = now();
        thread::yield_now();
        let took = now().duration_since(before);
        SHARES_ITS_CORE.set(took > SWITCHED);
        self.yields = match took > TAKEN {
            true => 0,
            false => self.yields - 1,
        };
        true
    }
}
