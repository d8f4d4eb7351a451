//! The watch over the task that runs: whether it is stuck in something that the exploration does not see.

use core::sync::atomic::Ordering;
use core::time::Duration;
use std::time::Instant;

use super::turns::Execution;
use crate::backend::explored::blocked::Blocked;
use crate::backend::explored::run_state::{CONTROLLER, FailureKind};

/// How long the controller lets a task run between two steps before it gives up on it. It looks at it more often than
/// that, so giving up may take a little longer.
const STUCK_AFTER: Duration = Duration::from_secs(10);

/// The same for a task whose thread sleeps in a lock, as far as the system says so.
const BLOCKED_AFTER: Duration = Duration::from_millis(900);

/// How often the controller looks at the task that runs.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

impl Execution {
    /// Waits until `wait`, which waits for a time at most, returns `true`. Returns `false` if a task is stuck.
    pub(super) fn watch(&self, wait: impl Fn(Duration) -> bool) -> bool {
        // The number of steps, and how long it has been the same.
        let mut steps = (0, 0);
        let mut since = Instant::now();
        let mut blocked: Option<(Blocked, Instant)> = None;
        while !wait(LOOKS_EVERY) {
            let mut state = self.state();
            let now = Instant::now();
            // Relaxed: the lock orders it.
            let made = (self.run.load(Ordering::Relaxed), state.steps);
            if made != steps || state.turn == CONTROLLER {
                steps = made;
                since = now;
                blocked = None;
                continue;
            }
            let task = state.turn;
            let native = state.tasks.get(task).and_then(|task| task.native);
            // A thread that was given the turn may still be about to be woken by the one before.
            let others = state.tasks.iter().filter_map(|task| task.native);
            let is_alone = !others
                .filter(|other| Some(*other) != native)
                .any(Blocked::may_run);
            let looked = native.filter(|_| is_alone).and_then(Blocked::look);
            blocked = match (looked, blocked) {
                (Some(now_in), Some((before, since))) if now_in == before => Some((before, since)),
                (Some(now_in), _) => Some((now_in, now)),
                (None, _) => None,
            };
            let is_blocked = blocked.is_some_and(|(_, since)| now - since >= BLOCKED_AFTER);
            if is_blocked || now - since >= STUCK_AFTER {
                state.failure = Some(FailureKind::Stuck(Some(task)));
                return false;
            }
        }
        true
    }
}
