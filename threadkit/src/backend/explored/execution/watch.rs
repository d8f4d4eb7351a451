//! The watch over the task that runs: whether it is stuck in something that the exploration does not see.

use core::sync::atomic::Ordering;
use core::time::Duration;

use super::turns::Execution;
use crate::backend::explored::blocked::{Blocked, Others};
use crate::backend::explored::run_state::{CONTROLLER, FailureKind, Run};

/// How often the task that runs is looked at.
pub(super) const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// At how many looks, one after another, the task has made no step before it is given up: after ten
/// seconds.
///
/// Looks and not a time: where the machine stands still, or is too busy for this process, there are no looks either.
const STUCK_LOOKS: u32 = 100;

/// The same for a task whose thread sleeps in a lock, as far as the system says so.
const BLOCKED_LOOKS: u32 = 9;

/// What was seen of an execution.
#[derive(Default)]
pub(super) struct Watch {
    /// The run, and how many steps it had made.
    steps: (u64, usize),
    /// How many looks have seen that number of steps again, and the thread in the same sleep again.
    looks: u32,
    blocked: Option<(Blocked, u32)>,
}

impl Watch {
    /// Looks at the task that runs. Returns the run, which has failed, if the task is stuck.
    ///
    /// With `ends_process`, which is worse for the program than a failure, a sleep in a lock is given up early only while
    /// all other threads of the process sleep in locks as well: a thread that is no task may hold the lock, and go on. Looks
    /// do not count while a thread waits until it can write, because it may hold the lock of standard error for as long as
    /// nobody reads.
    pub(super) fn look(&mut self, execution: &Execution, ends_process: bool) -> Option<Run> {
        let mut state = execution.state();
        // Relaxed: the lock orders it.
        let made = (execution.run.load(Ordering::Relaxed), state.steps);
        if made != self.steps || state.turn == CONTROLLER {
            *self = Self {
                steps: made,
                ..Self::default()
            };
            return None;
        }
        self.looks += 1;
        let task = state.turn;
        let native = state.tasks.get(task).and_then(|task| task.native);
        let others = if ends_process {
            Others::of(native)
        } else {
            Others::AreAsleep
        };
        if others == Others::Write {
            self.looks = 0;
            self.blocked = None;
            return None;
        }
        // A thread that was given the turn may still be about to be woken by the one before.
        let tasks = state.tasks.iter().filter_map(|task| task.native);
        let is_alone = !tasks
            .filter(|other| Some(*other) != native)
            .any(Blocked::may_run);
        let is_alone = is_alone && others == Others::AreAsleep;
        let sleep = native.filter(|_| is_alone).and_then(Blocked::look);
        self.blocked = sleep.map(|sleep| match self.blocked {
            Some((before, looks)) if sleep == before => (sleep, looks + 1),
            _ => (sleep, 0),
        });
        let blocked_looks = self.blocked.map_or(0, |(_, looks)| looks);
        let is_stuck = blocked_looks >= BLOCKED_LOOKS || self.looks >= STUCK_LOOKS;
        if !is_stuck {
            return None;
        }
        state.failure = Some(FailureKind::Stuck(Some(task)));
        Some(state.take_run())
    }
}

impl Execution {
    /// Waits until `wait`, which waits for a time at most, returns `true`.
    ///
    /// # Errors
    ///
    /// A run whose task is stuck.
    pub(super) fn watch(&self, wait: impl Fn(Duration) -> bool) -> Result<(), Box<Run>> {
        let mut watch = Watch::default();
        while !wait(LOOKS_EVERY) {
            if let Some(stuck) = watch.look(self, false) {
                return Err(Box::new(stuck));
            }
        }
        Ok(())
    }
}
