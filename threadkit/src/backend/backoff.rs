//! Yields before a thread sleeps.

use core::time::Duration;
use std::thread;

use super::clock::now;
use super::explored;

/// How often a thread yields before it sleeps.
///
/// A wait is often ended at once by a thread that runs or is ready to run, and a wake-up takes much longer than all the
/// yields together. It yields instead of spinning, because on a busy machine the other thread may need this very core.
const YIELDS: u32 = 16;

/// If a yield takes this long, another thread uses the core. Then a sleeper is woken sooner than a thread gets its core
/// back by yielding.
const TAKEN: Duration = Duration::from_micros(20);

/// The yields that are left.
#[derive(Debug)]
pub(crate) struct Backoff {
    yields: u32,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { yields: YIELDS }
    }

    /// Yields once; `false` when it is time to sleep.
    ///
    /// Under an exploration it is always `false`: another look would add schedules and no behaviour.
    pub(crate) fn snooze(&mut self) -> bool {
        if self.yields == 0 || explored::here().is_some() {
            return false;
        }
        let before = now();
        thread::yield_now();
        self.yields = match now().duration_since(before) > TAKEN {
            true => 0,
            false => self.yields - 1,
        };
        true
    }
}
