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
/// An answer from another core often comes in less time than one yield takes. It comes within all rounds, or takes several
/// times as long, depending on how far apart the cores are.
const PAUSES: u32 = 5;

/// In how many rounds it pauses if the last waits of this thread did not end in the pauses.
const FEWER_PAUSES: u32 = 3;

/// One of so many waits that do not end in the pauses pauses in all rounds, to see whether that has changed.
const TRIES: u32 = 16;

/// How long a thread rests that lets some more of what it waits for come together.
const REST: Duration = Duration::from_nanos(1000);

/// A yield that takes this long has run another thread on this core. Then pauses are of no use: the thread that would
/// end the wait may need this core.
const SWITCHED: Duration = Duration::from_nanos(700);

thread_local! {
    /// Whether another thread ran on this core during the last yield of this thread.
    static SHARES_ITS_CORE: Cell<bool> = const { Cell::new(false) };

    /// How many waits in a row of this thread did not end in the pauses.
    static LONG_WAITS: Cell<u32> = const { Cell::new(0) };
}

/// The steps of a wait before its sleep.
#[derive(Debug)]
pub(crate) struct Backoff {
    rests: bool,
    /// The next round of pauses.
    round: u32,
    /// The rounds of pauses.
    pauses: u32,
    /// The long waits before this one, for a wait that pauses.
    long_waits: Option<u32>,
    /// The yields that are left.
    yields: u32,
}

impl Backoff {
    /// Yields only.
    pub(crate) fn new() -> Self {
        Self {
            rests: false,
            round: 0,
            pauses: 0,
            long_waits: None,
            yields: YIELDS,
        }
    }

    /// Pauses first, for a wait that a thread on another core may end in less time than a yield takes.
    pub(crate) fn pausing() -> Self {
        if SHARES_ITS_CORE.get() {
            return Self::new();
        }
        // It counts as one that has ended in the pauses until it yields.
        let long_waits = LONG_WAITS.replace(0);
        Self {
            pauses: match long_waits % TRIES {
                0 => PAUSES,
                _ => FEWER_PAUSES,
            },
            long_waits: Some(long_waits),
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
        if self.round < self.pauses {
            (0..1 << self.round).for_each(|_| hint::spin_loop());
            self.round += 1;
            return true;
        }
        if let Some(long_waits) = self.long_waits.take() {
            LONG_WAITS.set(long_waits.wrapping_add(1));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_that_are_long_pause_less_but_for_one_of_some() {
        SHARES_ITS_CORE.set(false);
        LONG_WAITS.set(0);
        let mut all_rounds = 0;
        for _ in 0..4 * TRIES {
            let mut wait = Backoff::pausing();
            all_rounds += u32::from(wait.pauses == PAUSES);
            while wait.long_waits.is_some() {
                assert!(wait.snooze());
            }
            // A yield may have run another thread.
            SHARES_ITS_CORE.set(false);
        }
        assert_eq!(all_rounds, 4);
        let _ends_in_its_pauses = Backoff::pausing();
        let after_a_short_one = Backoff::pausing();
        assert_eq!(after_a_short_one.pauses, PAUSES);
    }

    #[test]
    fn every_wait_ends_with_a_sleep() {
        for mut wait in [Backoff::new(), Backoff::pausing(), Backoff::resting()] {
            let most = 1 + PAUSES + YIELDS;
            assert!((0..=most).any(|_| !wait.snooze()));
        }
    }
}
