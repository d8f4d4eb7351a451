//! The watch over the task that runs: whether it is stuck in something that the exploration does not see.

use core::sync::atomic::Ordering;
use core::time::Duration;

use super::turns::Execution;
use crate::backend::explored::blocked::Blocked;
use crate::backend::explored::run_state::{CONTROLLER, FailureKind};

/// How often the controller looks at the task that runs.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// At how many looks, one after another, the task has made no step before the controller gives up on it: after ten
/// seconds.
///
/// Looks and not a time: where the machine stands still, or is too busy for this process, there are no looks either.
const STUCK_LOOKS: u32 = 100;

/// The same for a task whose thread sleeps in a lock, as far as the system says so.
const BLOCKED_LOOKS: u32 = 9;

impl Execution {
    /// Waits until `wait`, which waits for a time at most, returns `true`. Returns `false` if a task is stuck.
    pub(super) fn watch(&self, wait: impl Fn(Duration) -> bool) -> bool {
        let mut steps = (0, 0);
        // How many looks have seen that number of steps again, and the thread in the same sleep again.
        let mut looks = 0;
        let mut blocked: Option<(Blocked, u32)> = None;
        while !wait(LOOKS_EVERY) {
            let mut state = self.state();
            // Relaxed: the lock orders it.
            let made = (self.run.load(Ordering::Relaxed), state.steps);
            if made != steps || state.turn == CONTROLLER {
                steps = made;
                looks = 0;
                blocked = None;
                continue;
            }
            looks += 1;
            let task = state.turn;
            let native = state.tasks.get(task).and_then(|task| task.native);
            // A thread that was given the turn may still be about to be woken by the one before.
            let others = state.tasks.iter().filter_map(|task| task.native);
            let is_alone = !others
                .filter(|other| Some(*other) != native)
                .any(Blocked::may_run);
            let sleep = native.filter(|_| is_alone).and_then(Blocked::look);
            blocked = sleep.map(|sleep| match blocked {
                Some((before, looks)) if sleep == before => (sleep, looks + 1),
                _ => (sleep, 0),
            });
            let is_blocked = blocked.is_some_and(|(_, looks)| looks >= BLOCKED_LOOKS);
            if is_blocked || looks >= STUCK_LOOKS {
                state.failure = Some(FailureKind::Stuck(Some(task)));
                return false;
            }
        }
        true
    }
}
