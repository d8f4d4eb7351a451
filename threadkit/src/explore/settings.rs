//! The settings of an exploration.

use core::time::Duration;

#[cfg(feature = "explore")]
use crate::backend::explored::Kind;

/// How schedules are chosen.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "explore"),
    expect(dead_code, reason = "free threads follow no strategy")
)]
pub(super) enum Strategy {
    /// Uniform, priorities and selective, in turn.
    Mixed,
    Random,
    Uniform,
    Selective,
    Priorities {
        depth: usize,
    },
    /// All schedules with that number of preemptions at most, or one of each class of all schedules.
    Exhaustive {
        preemptions: Option<usize>,
    },
}

/// Puts statics back before each run.
type Reset = Box<dyn Fn() + Send>;

/// The settings of an exploration.
pub(super) struct Settings {
    pub(super) runs: u64,
    pub(super) strategy: Strategy,
    pub(super) seed: u64,
    pub(super) time_limit: Duration,
    pub(super) max_steps: usize,
    pub(super) reset: Option<Reset>,
    /// Whether locks may be acquired in different orders.
    pub(super) any_lock_order: bool,
    /// Whether loads of atomics may return older values.
    pub(super) weak_memory: bool,
    /// Whether a failure is shrunk, and shown step by step.
    pub(super) shrinks: bool,
    /// Whether threads are coroutines on one thread of the system.
    pub(super) coroutines: bool,
}

#[cfg(feature = "explore")]
impl Settings {
    pub(super) fn kind(&self) -> Kind {
        match self.coroutines {
            true => Kind::coroutines(),
            false => Kind::Threads,
        }
    }
}
