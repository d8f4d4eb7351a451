//! A little patience before a thread goes to sleep.

use core::time::Duration;
use std::thread;

use super::clock::now;
use super::explored;

/// How often a thread offers its core before it sleeps.
///
/// What it waits for often comes at once, from a thread that runs or wants to run, and to be woken
/// from sleep takes ten times as long as all the offers together. It offers and does not spin,
/// because on a busy machine the other may need this very core: pauses in place were slower there
/// than sleeping at once.
const OFFERS: u32 = 16;

/// If an offer was taken for that long, the core is wanted: a sleeper is woken sooner than a thread
/// that stands in line for its core again.
const TAKEN: Duration = Duration::from_micros(20);

/// How much patience is left.
#[derive(Debug)]
pub(crate) struct Backoff {
    offers: u32,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { offers: OFFERS }
    }

    /// Lets others run for a moment; `false` when it is time to sleep.
    ///
    /// Under an exploration it always is: looking again would add schedules and no behaviour.
    pub(crate) fn snooze(&mut self) -> bool {
        if self.offers == 0 || explored::here().is_some() {
            return false;
        }
        let before = now();
        thread::yield_now();
        self.offers = match now().duration_since(before) > TAKEN {
            true => 0,
            false => self.offers - 1,
        };
        true
    }
}
