//! What an exploration is told.

use core::time::Duration;

/// How schedules are chosen.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "explore"),
    expect(dead_code, reason = "free threads follow no strategy")
)]
pub(super) enum Strategy {
    /// By chance and by priorities in turn.
    Mixed,
    Random,
    Priorities {
        depth: usize,
    },
    Exhaustive,
}

/// What puts statics back before each run.
type Reset = Box<dyn Fn() + Send>;

/// How to explore.
pub(super) struct Settings {
    pub(super) runs: u64,
    pub(super) strategy: Strategy,
    pub(super) seed: u64,
    pub(super) time_limit: Duration,
    pub(super) max_steps: usize,
    pub(super) reset: Option<Reset>,
}
