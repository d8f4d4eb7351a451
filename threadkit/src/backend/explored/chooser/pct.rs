//! Random priorities.

use super::candidate::{Candidate, Chooser, Deadlines, Load, OlderLoads};
use super::shared::Shared;
use crate::backend::random::Random;

/// A task that has made this number of steps in a row, while others could run, gets the lowest priority: it may
/// be in a loop that waits for one of them and does not yield. A body that is small enough to be explored well
/// has far fewer steps.
const STEPS_IN_A_ROW: usize = 2_000;

/// Probabilistic concurrency testing: random strict priorities, and a few points in the run at which the task
/// that runs gets the lowest one.
///
/// It finds a bug that needs `depth` particular steps in one order with a probability of at least
/// `1 / (tasks * steps.pow(depth - 1))`.
pub(crate) struct Pct {
    random: Random,
    older: OlderLoads,
    shared: Shared,
    deadlines: Deadlines,
    depth: usize,
    /// Higher goes first; indexed by task.
    priorities: Vec<u64>,
    /// The steps at which the task that runs gets the lowest priority, in descending order.
    changes: Vec<usize>,
    lowest: u64,
    step: usize,
    /// The task that was chosen last, and how many times in a row.
    last: (usize, usize),
    /// How many steps that matter the runs before had. The points of change are drawn from them.
    length: usize,
}

impl Pct {
    pub(crate) fn new(seed: u64, depth: usize) -> Self {
        Self {
            random: Random::new(seed),
            older: OlderLoads::default(),
            shared: Shared::default(),
            deadlines: Deadlines::default(),
            depth,
            priorities: Vec::new(),
            changes: Vec::new(),
            lowest: 0,
            step: 0,
            last: (0, 0),
            length: 0,
        }
    }
}

impl Pct {
    /// Whether it may make a difference that another task runs before this step. In the first run nothing is known.
    fn matters(&mut self, candidate: &Candidate) -> bool {
        self.shared.objects().is_empty() || self.shared.object_of(candidate).is_some()
    }
}

impl Chooser for Pct {
    fn next_run(&mut self) -> bool {
        // Not the longest run: one in which a task spins for long would draw the points of change away from the others.
        self.length = match self.length {
            0 => self.step,
            before => (3 * before + self.step).div_ceil(4),
        };
        self.shared.next_run();
        if self.length == 0 {
            // Another strategy has made the runs before.
            self.length = self.shared.steps();
        }
        self.deadlines = Deadlines::of_run(&mut self.random);
        self.step = 0;
        self.last = (0, 0);
        self.older.next_run();
        self.priorities.clear();
        self.lowest = u64::from(u32::MAX);
        let changes = self.depth.saturating_sub(1);
        self.changes.clear();
        self.changes
            .extend((0..changes).map(|_| self.random.below(self.length.max(1))));
        self.changes.sort_unstable_by(|a, b| b.cmp(a));
        true
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        for candidate in candidates {
            while self.priorities.len() <= candidate.task {
                // Above every lowered priority.
                self.priorities.push(self.random.next() | 1 << 63);
            }
        }
        let best = |priorities: &[u64]| {
            let key = |candidate: &Candidate| priorities[candidate.task];
            (0..candidates.len())
                .max_by_key(|index| key(&candidates[*index]))
                .unwrap_or(0)
        };
        // Without this, the task with the highest priority could let its deadlines pass for ever: a task that
        // polls would starve the others. So its deadline passes only one time in a few.
        let runnable = candidates.iter().any(|candidate| !candidate.by_timeout);
        let mut chosen = best(&self.priorities);
        let matters = self.matters(&candidates[chosen]);
        self.step += usize::from(matters);
        let due = matters && self.changes.last().is_some_and(|at| *at < self.step);
        let spins = self.last == (candidates[chosen].task, STEPS_IN_A_ROW);
        if due
            || spins
            || (runnable
                && candidates[chosen].by_timeout
                && !self.deadlines.passes(&mut self.random))
        {
            if due {
                self.changes.pop();
            }
            self.lowest -= 1;
            self.priorities[candidates[chosen].task] = self.lowest;
            chosen = best(&self.priorities);
        }
        self.shared.runs(&candidates[chosen]);
        let task = candidates[chosen].task;
        self.last = match self.last {
            (last, times) if last == task => (task, times + 1),
            _ => (task, 1),
        };
        chosen
    }

    fn watches(&mut self, candidate: &Candidate) {
        self.shared.runs(candidate);
    }

    fn learns(&mut self) {
        self.shared.next_run();
    }

    fn only(&mut self, candidate: Candidate) {
        self.shared.object_of(&candidate);
        self.shared.runs(&candidate);
    }

    fn pick(&mut self, bound: usize) -> usize {
        self.random.below(bound)
    }

    fn older(&mut self, _load: Load, bound: usize) -> usize {
        self.older.pick(&mut self.random, bound)
    }
}

#[cfg(test)]
mod tests {
    use super::super::candidate::candidates;
    use super::*;

    #[test]
    fn priorities_keep_one_task_going_until_a_change() {
        let mut chooser = Pct::new(1, 1);
        assert!(chooser.next_run());
        let first = chooser.choose(&candidates(3));
        assert!((0..100).all(|_| chooser.choose(&candidates(3)) == first));
    }
}
