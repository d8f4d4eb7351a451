//! What a thread does before it sleeps.

use core::cell::Cell;
use core::hint;
use core::time::Duration;
use std::thread;

use super::clock::now;
use super::explored;

/// How often a thread yields at least before it sleeps.
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

/// One of so many waits that do not end in the pauses pauses in all rounds, to see whether that has changed. Likewise,
/// after patience in vain, so many sleeps come before the next patient wait.
const TRIES: u32 = 16;

/// How long a thread yields at least before it sleeps, if its last sleep was short and no other thread sleeps in the same
/// line: as long as it may take until a thread that was woken has answered. Otherwise two threads that wait for each other
/// would go on sleeping once one of them has: the other one waits for its wake-up, which takes longer than the yields.
const PATIENCE: Duration = Duration::from_micros(20);

/// How long a short sleep is at most. Most of it is the wake-ups of two threads: of this one, and of the one that has
/// ended the wait, if that slept as well.
const SHORT_SLEEP: Duration = Duration::from_micros(100);

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

    /// Whether the last sleep of this thread was short.
    static SLEPT_SHORTLY: Cell<bool> = const { Cell::new(false) };

    /// How many sleeps of this thread come before its next patient wait.
    static IMPATIENT: Cell<u32> = const { Cell::new(0) };
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
    /// What is left of the least time for the yields.
    patience: Duration,
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
            patience: Duration::ZERO,
        }
    }

    /// Yields for longer if the last sleep was short.
    ///
    /// It is only for a wait that no other thread is in: a wake-up would be spent on that one, and this one would take
    /// what it was woken for.
    pub(crate) fn with_patience(self) -> Self {
        let patience = match SLEPT_SHORTLY.get() && IMPATIENT.get() == 0 {
            true => PATIENCE,
            false => Duration::ZERO,
        };
        Self { patience, ..self }
    }

    /// Notes how long a thread has slept until what it waited for has come.
    pub(crate) fn slept(took: Duration) {
        SLEPT_SHORTLY.set(took <= SHORT_SLEEP);
        IMPATIENT.set(IMPATIENT.get().saturating_sub(1));
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
        let is_over = self.yields == 0 && self.patience.is_zero();
        if is_over || explored::here().is_some() {
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
        let was_patient = !self.patience.is_zero();
        (self.yields, self.patience) = match took > TAKEN {
            true => (0, Duration::ZERO),
            false => (
                self.yields.saturating_sub(1),
                self.patience.saturating_sub(took),
            ),
        };
        if was_patient && self.patience.is_zero() {
            IMPATIENT.set(TRIES);
        }
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

    fn all_kinds() -> [Backoff; 4] {
        let resting = Backoff::resting();
        let patient = Backoff::pausing().with_patience();
        [Backoff::new(), Backoff::pausing(), resting, patient]
    }

    #[test]
    fn every_wait_ends_with_a_sleep() {
        SLEPT_SHORTLY.set(true);
        IMPATIENT.set(0);
        for mut wait in all_kinds() {
            // A yield takes ten nanoseconds at least.
            let most = 1 + PAUSES + YIELDS + PATIENCE.as_nanos() as u32 / 10;
            assert!((0..=most).any(|_| !wait.snooze()), "{wait:?}");
        }
    }

    #[test]
    fn a_wait_after_a_short_sleep_is_patient() {
        let patience = || Backoff::pausing().with_patience().patience;
        IMPATIENT.set(0);
        for _ in 0..2 {
            Backoff::slept(2 * SHORT_SLEEP);
            assert_eq!(patience(), Duration::ZERO);
            Backoff::slept(SHORT_SLEEP);
            assert_eq!(patience(), PATIENCE);
        }
    }

    #[test]
    fn one_of_some_waits_is_patient_in_vain() {
        SLEPT_SHORTLY.set(true);
        IMPATIENT.set(0);
        let mut patient_ones = 0;
        for _ in 0..4 * TRIES {
            let mut wait = Backoff::resting().with_patience();
            let mut left = wait.patience;
            patient_ones += u32::from(!left.is_zero());
            while wait.snooze() {
                assert!(wait.patience <= left);
                left = wait.patience;
            }
            assert_eq!(left, Duration::ZERO);
            // A wait that is given up counts for nothing.
            assert_eq!(
                Backoff::resting().with_patience().patience,
                Duration::ZERO,
                "no sleep has come since"
            );
            Backoff::slept(SHORT_SLEEP);
        }
        assert_eq!(patient_ones, 4);
    }
}
