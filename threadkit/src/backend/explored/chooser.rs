//! Who goes on: the strategies that choose among the tasks that could.

use super::schedule::Schedule;
use crate::backend::random::Random;

/// One that could go on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// The number of the task in this run.
    pub(crate) task: usize,
    /// It sleeps, and goes on if its deadline passes now.
    pub(crate) by_timeout: bool,
    /// It has the baton: to choose another is to preempt it.
    pub(crate) current: bool,
}

/// Chooses who goes on, run after run.
///
/// The candidates come in a fixed order: the task that has the baton first, if it can go on, then
/// the others by number. So index 0 changes nothing where that is possible.
pub(crate) trait Chooser: Send {
    /// Gets ready for the next run; `false` if there is none that would be new.
    fn next_run(&mut self) -> bool;

    /// An index into `candidates`, of which there are at least two.
    fn choose(&mut self, candidates: &[Candidate]) -> usize;

    /// A number below `bound`, of which there are at least two: a choice of the program itself, that
    /// it leaves to chance.
    fn pick(&mut self, bound: usize) -> usize;
}

/// How much likelier it is that a task which can run goes on than that a deadline passes.
const RUN_WEIGHT: usize = 8;

/// Every candidate, by chance; deadlines pass now and then.
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

/// A task that has gone on for so many steps, while others could, is put last: it may be in a loop that
/// waits for one of them and does not yield. Much more than any body has that is small enough to be
/// explored well.
const STEPS_ON_END: usize = 2_000;

/// Probabilistic concurrency testing: strict priorities by chance, and a few points in the run at
/// which whoever runs is put last.
///
/// A bug that needs `depth` particular steps in a particular order is found with a probability that
/// falls only with the number of tasks and that power of the steps, where plain chance would need to
/// hit every one of them.
pub(crate) struct Pct {
    random: Random,
    depth: usize,
    /// Higher goes first; indexed by task.
    priorities: Vec<u64>,
    /// The steps at which whoever runs is put last, in descending order.
    changes: Vec<usize>,
    lowest: u64,
    step: usize,
    /// The task that was chosen last, and how many times on end.
    last: (usize, usize),
    /// The longest run so far, from which the points of change are drawn.
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
                // Above all that were put last.
                self.priorities.push(self.random.next() | 1 << 63);
            }
        }
        let best = |priorities: &[u64]| {
            let key = |candidate: &Candidate| priorities[candidate.task];
            (0..candidates.len())
                .max_by_key(|index| key(&candidates[*index]))
                .unwrap_or(0)
        };
        // Deadlines of whoever has the highest priority would pass for ever: one time in a few, so
        // that a task that polls does not keep the others from going on.
        let runnable = candidates.iter().any(|candidate| !candidate.by_timeout);
        let mut chosen = best(&self.priorities);
        let due = self.changes.last().is_some_and(|at| *at < self.step);
        let spins = self.last == (candidates[chosen].task, STEPS_ON_END);
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

/// Every schedule there is, those with the fewest preemptions first; for very small programs.
///
/// Most bugs need only one or two preemptions, and there are few schedules with so few. So they are
/// tried in rounds: depth first through all schedules with at most `bound` preemptions, then with one
/// more, until a round has left nothing out.
#[derive(Default)]
pub(crate) struct Exhaustive {
    /// The choices on the way to the present point.
    path: Vec<Fork>,
    depth: usize,
    bound: usize,
    /// The preemptions on the way to the present point.
    preemptions: usize,
    /// Whether this round has left anything out.
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
        // The last choice that has an alternative left takes it; what came after is forgotten.
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
    /// The next choice on the path; the first of those alternatives where the path ends.
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

/// Several choosers, run about.
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
        // A program that has changed since may offer fewer.
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
    fn chance_reaches_everybody() {
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
