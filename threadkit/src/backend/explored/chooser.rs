//! The strategies that choose the next task among those that can run.

use super::schedule::Schedule;
use crate::backend::random::Random;

/// A task that can run next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// The number of the task in this run.
    pub(crate) task: usize,
    /// It sleeps, and runs if its deadline passes now.
    pub(crate) by_timeout: bool,
    /// It has the turn: to choose another task is to preempt it.
    pub(crate) current: bool,
}

/// Chooses the next task, in run after run.
///
/// The candidates come in a fixed order: the task that has the turn first, if it can go on, then the others by
/// number. So index 0 is the choice without a preemption.
pub(crate) trait Chooser: Send {
    /// Prepares the next run; `false` if there is no new schedule.
    fn next_run(&mut self) -> bool;

    /// An index into `candidates`, of which there are at least two.
    fn choose(&mut self, candidates: &[Candidate]) -> usize;

    /// A number below `bound`, which is at least two: a random choice that the program makes itself.
    fn pick(&mut self, bound: usize) -> usize;
}

/// How much likelier a task that can run is chosen than one whose deadline would pass.
const RUN_WEIGHT: usize = 8;

/// Chooses every candidate at random; deadlines pass now and then.
pub(crate) struct RandomWalk {
    random: Random,
}

impl RandomWalk {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
        }
    }
}

impl Chooser for RandomWalk {
    fn next_run(&mut self) -> bool {
        true
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        let weight = |candidate: &Candidate| if candidate.by_timeout { 1 } else { RUN_WEIGHT };
        let mut at = self.random.below(candidates.iter().map(weight).sum());
        for (index, candidate) in candidates.iter().enumerate() {
            match at.checked_sub(weight(candidate)) {
                Some(rest) => at = rest,
                None => return index,
            }
        }
        unreachable!("the number drawn is below the sum of the weights")
    }

    fn pick(&mut self, bound: usize) -> usize {
        self.random.below(bound)
    }
}

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
    depth: usize,
    /// Higher goes first; indexed by task.
    priorities: Vec<u64>,
    /// The steps at which the task that runs gets the lowest priority, in descending order.
    changes: Vec<usize>,
    lowest: u64,
    step: usize,
    /// The task that was chosen last, and how many times in a row.
    last: (usize, usize),
    /// The length of the longest run so far. The points of change are drawn from it.
    longest: usize,
}

impl Pct {
    pub(crate) fn new(seed: u64, depth: usize) -> Self {
        Self {
            random: Random::new(seed),
            depth,
            priorities: Vec::new(),
            changes: Vec::new(),
            lowest: 0,
            step: 0,
            last: (0, 0),
            longest: 20,
        }
    }
}

impl Chooser for Pct {
    fn next_run(&mut self) -> bool {
        self.longest = self.longest.max(self.step);
        self.step = 0;
        self.last = (0, 0);
        self.priorities.clear();
        self.lowest = u64::from(u32::MAX);
        let changes = self.depth.saturating_sub(1);
        self.changes = (0..changes)
            .map(|_| self.random.below(self.longest))
            .collect();
        self.changes.sort_unstable_by(|a, b| b.cmp(a));
        true
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        self.step += 1;
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
        let due = self.changes.last().is_some_and(|at| *at < self.step);
        let spins = self.last == (candidates[chosen].task, STEPS_IN_A_ROW);
        if due || spins || (runnable && candidates[chosen].by_timeout && self.random.below(4) != 0)
        {
            if due {
                self.changes.pop();
            }
            self.lowest -= 1;
            self.priorities[candidates[chosen].task] = self.lowest;
            chosen = best(&self.priorities);
        }
        let task = candidates[chosen].task;
        self.last = match self.last {
            (last, times) if last == task => (task, times + 1),
            _ => (task, 1),
        };
        chosen
    }

    fn pick(&mut self, bound: usize) -> usize {
        self.random.below(bound)
    }
}

/// All schedules, those with the fewest preemptions first; for very small programs.
///
/// Most bugs need only one or two preemptions, and few schedules have so few. So the search has rounds: depth
/// first through all schedules with at most `bound` preemptions, then with one more, until a round has left no
/// schedule out.
#[derive(Default)]
pub(crate) struct Exhaustive {
    /// The choices of this run so far, and those still to be repeated.
    path: Vec<Fork>,
    depth: usize,
    bound: usize,
    /// The preemptions of this run so far.
    preemptions: usize,
    /// Whether this round has left a schedule out.
    cut: bool,
    begun: bool,
}

struct Fork {
    choice: usize,
    alternatives: usize,
}

impl Chooser for Exhaustive {
    fn next_run(&mut self) -> bool {
        self.depth = 0;
        self.preemptions = 0;
        if !core::mem::replace(&mut self.begun, true) {
            return true;
        }
        // The last choice that has an alternative left takes it, and later choices are dropped.
        while let Some(fork) = self.path.pop() {
            if fork.choice + 1 < fork.alternatives {
                self.path.push(Fork {
                    choice: fork.choice + 1,
                    ..fork
                });
                return true;
            }
        }
        self.bound += 1;
        core::mem::replace(&mut self.cut, false)
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        let preempts = candidates[0].current;
        let all = !preempts || self.preemptions < self.bound;
        let choice = self.take(if all { candidates.len() } else { 1 });
        self.cut |= !all;
        self.preemptions += usize::from(preempts && choice > 0);
        choice
    }

    fn pick(&mut self, bound: usize) -> usize {
        self.take(bound)
    }
}

impl Exhaustive {
    /// The next choice on the path, or the first alternative at its end.
    fn take(&mut self, alternatives: usize) -> usize {
        if self.depth == self.path.len() {
            self.path.push(Fork {
                choice: 0,
                alternatives,
            });
        }
        let choice = self.path[self.depth].choice.min(alternatives - 1);
        self.depth += 1;
        choice
    }
}

/// Several choosers, which take turns from run to run.
pub(crate) struct Alternating {
    choosers: Vec<Box<dyn Chooser>>,
    run: usize,
}

impl Alternating {
    pub(crate) fn new(choosers: Vec<Box<dyn Chooser>>) -> Self {
        Self { choosers, run: 0 }
    }

    fn current(&mut self) -> &mut dyn Chooser {
        let index = self.run % self.choosers.len();
        &mut *self.choosers[index]
    }
}

impl Chooser for Alternating {
    fn next_run(&mut self) -> bool {
        self.run += 1;
        self.current().next_run()
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        self.current().choose(candidates)
    }

    fn pick(&mut self, bound: usize) -> usize {
        self.current().pick(bound)
    }
}

/// The choices of an earlier run, once.
pub(crate) struct Replay {
    schedule: Schedule,
    at: usize,
    begun: bool,
}

impl Replay {
    pub(crate) fn new(schedule: Schedule) -> Self {
        Self {
            schedule,
            at: 0,
            begun: false,
        }
    }
}

impl Chooser for Replay {
    fn next_run(&mut self) -> bool {
        !core::mem::replace(&mut self.begun, true)
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        self.pick(candidates.len())
    }

    fn pick(&mut self, bound: usize) -> usize {
        let choice = self
            .schedule
            .0
            .get(self.at)
            .map_or(0, |choice| *choice as usize);
        self.at += 1;
        // A program that has changed since may have fewer candidates.
        choice.min(bound - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(count: usize) -> Vec<Candidate> {
        (0..count)
            .map(|task| Candidate {
                task,
                by_timeout: false,
                current: task == 0,
            })
            .collect()
    }

    #[test]
    fn exhaustive_visits_every_leaf_fewest_preemptions_first() {
        let mut chooser = Exhaustive::default();
        let mut seen = Vec::new();
        while chooser.next_run() {
            let first = chooser.choose(&candidates(2));
            let second = chooser.choose(&candidates(if first == 0 { 3 } else { 2 }));
            seen.push((first, second));
        }
        let round_of_none = [(0, 0)];
        let round_of_one = [(0, 0), (0, 1), (0, 2), (1, 0)];
        let round_of_two = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)];
        assert_eq!(
            seen,
            [&round_of_none[..], &round_of_one, &round_of_two].concat()
        );
    }

    #[test]
    fn a_random_walk_reaches_every_candidate() {
        let mut chooser = RandomWalk::new(1);
        let mut four = candidates(4);
        four[3].by_timeout = true;
        let mut seen = [0; 4];
        for _ in 0..1000 {
            seen[chooser.choose(&four)] += 1;
        }
        assert!(seen.iter().all(|count| *count > 10), "{seen:?}");
        assert!(seen[3] < seen[0], "a deadline passes less often: {seen:?}");
    }

    #[test]
    fn priorities_keep_one_task_going_until_a_change() {
        let mut chooser = Pct::new(1, 1);
        assert!(chooser.next_run());
        let first = chooser.choose(&candidates(3));
        assert!((0..100).all(|_| chooser.choose(&candidates(3)) == first));
    }

    #[test]
    fn a_replay_makes_the_same_choices_once() {
        let mut chooser = Replay::new(Schedule(vec![1, 0, 2]));
        assert!(chooser.next_run());
        let choices: Vec<_> = (0..4).map(|_| chooser.choose(&candidates(3))).collect();
        assert_eq!(choices, [1, 0, 2, 0]);
        assert!(!chooser.next_run());
    }
}
