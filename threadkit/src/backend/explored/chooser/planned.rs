//! An order of stretches that is given, and the loads that return older values.

use super::candidate::{Candidate, Chooser, Load};

/// A task that runs for a number of steps, in the order of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) task: usize,
    /// Whether it begins because the deadline of the task passes.
    pub(crate) by_timeout: bool,
    pub(crate) steps: usize,
}

/// A load that returns an older value than the newest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OlderLoad {
    pub(crate) load: Load,
    /// How many newer values it could have returned.
    pub(crate) newer: usize,
}

/// A given order of stretches, once, as far as the program can follow it. Beyond it no task is preempted. All loads but
/// those that are given return the newest value.
pub(crate) struct Planned {
    stretches: Vec<Stretch>,
    older: Vec<OlderLoad>,
    at: usize,
    /// The steps made of the current stretch.
    made: usize,
    begun: bool,
}

impl Planned {
    pub(crate) fn new(stretches: Vec<Stretch>, older: Vec<OlderLoad>) -> Self {
        Self {
            stretches,
            older,
            at: 0,
            made: 0,
            begun: false,
        }
    }
}

impl Chooser for Planned {
    fn next_run(&mut self) -> bool {
        !core::mem::replace(&mut self.begun, true)
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        while let Some(stretch) = self.stretches.get(self.at) {
            let by_timeout = stretch.by_timeout && self.made == 0;
            let wanted = |candidate: &Candidate| {
                candidate.task == stretch.task && candidate.by_timeout == by_timeout
            };
            if self.made < stretch.steps
                && let Some(index) = candidates.iter().position(wanted)
            {
                self.made += 1;
                return index;
            }
            // Its steps are made, or the task sleeps.
            self.at += 1;
            self.made = 0;
        }
        candidates
            .iter()
            .position(|candidate| !candidate.by_timeout)
            .unwrap_or(0)
    }

    fn keep(&mut self, candidates: &[Candidate]) -> usize {
        self.choose(candidates)
    }

    fn step_of(&mut self, task: usize) {
        if self
            .stretches
            .get(self.at)
            .is_some_and(|stretch| stretch.task == task)
        {
            self.made += 1;
        }
    }

    fn pick(&mut self, _bound: usize) -> usize {
        0
    }

    fn older(&mut self, load: Load, bound: usize) -> usize {
        let given = self.older.iter().find(|older| older.load == load);
        given.map_or(0, |older| older.newer.min(bound - 1))
    }
}
