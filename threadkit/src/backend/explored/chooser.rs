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

    /// Notes a step without a choice: only this task could run.
    fn step_of(&mut self, _task: usize) {}

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
        pick_by(&mut self.random, candidates, weight)
    }

    fn pick(&mut self, bound: usize) -> usize {
        self.random.below(bound)
    }
}

/// A uniform random walk: a task is chosen the more often the more steps it has left, so that every order of the steps is
/// about equally likely, also of those in which a short task comes last.
///
/// A task that has many steps left, chosen as often as one with few, would mostly run last: with ten tasks of which one
/// must come first and another last, the random walk above hardly ever finds the order. How many steps each task makes is
/// learnt from the runs before. The steps of tasks that have not been started yet count for the task that starts them.
pub(crate) struct UniformWalk {
    random: Random,
    /// The steps of each task and the task that has started it, as the earlier runs had them, rounded up.
    learnt: Vec<Steps>,
    /// The same of this run so far.
    made: Vec<Steps>,
    /// The task that was chosen last.
    last: usize,
}

#[derive(Clone, Copy, Default)]
struct Steps {
    count: usize,
    parent: usize,
}

impl UniformWalk {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            learnt: Vec::new(),
            made: Vec::new(),
            last: 0,
        }
    }

    /// Makes entries for the tasks up to this one.
    fn meet(&mut self, task: usize) {
        while self.made.len() <= task {
            // Only the task that ran last can have started it.
            let parent = self.last.min(self.made.len().saturating_sub(1));
            self.made.push(Steps { count: 0, parent });
        }
    }

    /// How many steps each task has left, with those of the tasks that it will start.
    fn left(&self) -> Vec<usize> {
        let made = |task: usize| self.made.get(task).map_or(0, |made| made.count);
        let mut left: Vec<_> = (self.learnt.iter().enumerate())
            .map(|(task, learnt)| learnt.count.saturating_sub(made(task)))
            .collect();
        // Those that have not been started come after all others, and parents before their children.
        for task in (self.made.len().max(1)..left.len()).rev() {
            let parent = self.learnt[task].parent;
            left[parent] += left[task];
        }
        left
    }
}

impl Chooser for UniformWalk {
    fn next_run(&mut self) -> bool {
        for (task, made) in self.made.drain(..).enumerate() {
            match self.learnt.get_mut(task) {
                Some(learnt) => {
                    learnt.count = (learnt.count + made.count).div_ceil(2);
                    learnt.parent = made.parent;
                }
                None => self.learnt.push(made),
            }
        }
        self.last = 0;
        true
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        candidates
            .iter()
            .for_each(|candidate| self.meet(candidate.task));
        let left = self.left();
        let weight = |candidate: &Candidate| {
            let left = left.get(candidate.task).map_or(1, |left| 1 + left);
            if candidate.by_timeout {
                left
            } else {
                left * RUN_WEIGHT
            }
        };
        let chosen = pick_by(&mut self.random, candidates, weight);
        self.step_of(candidates[chosen].task);
        chosen
    }

    fn step_of(&mut self, task: usize) {
        self.meet(task);
        self.last = task;
        self.made[task].count += 1;
    }

    fn pick(&mut self, bound: usize) -> usize {
        self.random.below(bound)
    }
}

/// The index of a candidate, each as likely as its weight.
fn pick_by(
    random: &mut Random,
    candidates: &[Candidate],
    weight: impl Fn(&Candidate) -> usize,
) -> usize {
    let mut at = random.below(candidates.iter().map(&weight).sum());
    for (index, candidate) in candidates.iter().enumerate() {
        match at.checked_sub(weight(candidate)) {
            Some(rest) => at = rest,
            None => return index,
        }
    }
    unreachable!("the number drawn is below the sum of the weights")
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
            longest: 1,
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

    fn step_of(&mut self, task: usize) {
        self.current().step_of(task);
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

/// A task that runs for a number of steps, in the order of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) task: usize,
    /// Whether it begins because the deadline of the task passes.
    pub(crate) by_timeout: bool,
    pub(crate) steps: usize,
}

/// A given order of stretches, once, as far as the program can follow it. Beyond it no task is preempted.
pub(crate) struct Planned {
    stretches: Vec<Stretch>,
    at: usize,
    /// The steps made of the current stretch.
    made: usize,
    begun: bool,
}

impl Planned {
    pub(crate) fn new(stretches: Vec<Stretch>) -> Self {
        Self {
            stretches,
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

    /// How often each order of the letters comes up, where `a` makes `steps` steps, and `b` one.
    fn orders_of(chooser: &mut dyn Chooser, steps: usize, runs: usize) -> Vec<usize> {
        let mut counts = vec![0; steps + 1];
        for _ in 0..runs {
            assert!(chooser.next_run());
            let mut before_b = 0;
            // While both can run there is something to choose.
            while before_b < steps {
                let chosen = chooser.choose(&candidates(2));
                if chosen == 1 {
                    break;
                }
                before_b += 1;
            }
            (before_b..steps).for_each(|_| chooser.step_of(0));
            counts[before_b] += 1;
        }
        counts
    }

    #[test]
    fn a_uniform_walk_makes_every_order_about_as_likely() {
        // The short task runs after all steps of the long one in one order of eleven.
        let uniform = orders_of(&mut UniformWalk::new(1), 10, 4_000);
        assert!(uniform[10] > 100, "{uniform:?}");
        assert!(uniform.iter().all(|count| *count > 40), "{uniform:?}");
        // Without counts, that comes up once in a thousand runs.
        let plain = orders_of(&mut RandomWalk::new(1), 10, 4_000);
        assert!(plain[10] < 20, "{plain:?}");
    }

    #[test]
    fn a_uniform_walk_counts_tasks_to_come_for_the_task_that_starts_them() {
        let mut chooser = UniformWalk::new(1);
        let steps = |count, parent| Steps { count, parent };
        chooser.learnt = vec![steps(2, 0), steps(5, 0), steps(7, 1), steps(11, 2)];
        assert!(chooser.next_run());
        chooser.choose(&candidates(2));
        chooser.made = vec![steps(1, 0), steps(0, 0)];
        assert_eq!(chooser.left()[..2], [1, 5 + 7 + 11]);
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
