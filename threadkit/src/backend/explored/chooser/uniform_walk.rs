//! Random choices by which all orders are equally likely.

use super::candidate::{Candidate, Chooser, Deadlines, Load, OlderLoads, pick_by};
use crate::backend::explored::{Access, Use};
use crate::backend::random::Random;

/// A uniform random walk: a task is chosen the more often the more steps it has left, so that every order of the steps is
/// about equally likely, also of those in which a short task comes last.
///
/// A task that has many steps left, chosen as often as one with few, would mostly run last: with ten tasks of which one
/// must come first and another last, the random walk above hardly ever finds the order. How many steps each task makes is
/// learnt from the runs before. The steps of tasks that have not been started yet count for the task that starts them.
///
/// Steps that other tasks hardly can observe do not count, and in most runs they are made at once. Otherwise they would
/// make most of the orders: see [`is_alone`] and [`UniformWalk::is_second`].
pub(crate) struct UniformWalk {
    random: Random,
    older: OlderLoads,
    deadlines: Deadlines,
    /// The steps of each task and the task that has started it, as the earlier runs had them, rounded up.
    learnt: Vec<Steps>,
    /// The same of this run so far.
    made: Vec<Steps>,
    /// The number of this run.
    run: usize,
    /// Whether every step counts in this run.
    counts_all: bool,
    /// What the last step of each task has used, and whether that was the second step of two.
    steps: Vec<(Access, bool)>,
    /// The task that was chosen last.
    last: usize,
    /// For the memory: the steps that each task has left.
    left: Vec<usize>,
}

#[derive(Clone, Copy, Default)]
struct Steps {
    /// The steps that mostly count.
    some: usize,
    all: usize,
    parent: usize,
}

/// In one run of this many, every step counts: another task may try to acquire a lock without waiting, or may see what
/// threadkit does not know of.
const RUNS: usize = 4;

/// The first runs are not among them.
const FIRST_RUNS: usize = 2;

/// Whether no other task can tell when the next step comes: it is the beginning of a task, or uses nothing.
fn is_alone(candidate: &Candidate) -> bool {
    let begins = || candidate.next.by == Use::Change && candidate.next.is_of_end();
    !candidate.by_timeout && (candidate.next.by == Use::Nothing || begins())
}

impl UniformWalk {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            older: OlderLoads::default(),
            deadlines: Deadlines::default(),
            learnt: Vec::new(),
            made: Vec::new(),
            run: 0,
            counts_all: false,
            steps: Vec::new(),
            last: 0,
            left: Vec::new(),
        }
    }

    /// Makes entries for the tasks up to this one.
    fn meet(&mut self, task: usize) {
        while self.made.len() <= task {
            // Only the task that ran last can have started it.
            let parent = self.last.min(self.made.len().saturating_sub(1));
            self.made.push(Steps {
                parent,
                ..Steps::default()
            });
            self.steps.push((Access::NOTHING, false));
        }
    }

    /// Whether the next step of the task uses an object as its last one did, as a release that comes right after the acquisition does.
    ///
    /// Then other tasks can tell them apart only by trying in between, without waiting. Of more such steps, each two belong
    /// together: a lock that is acquired a second time is not.
    fn is_second(&self, candidate: &Candidate) -> bool {
        let next = candidate.next;
        let is_known = next.by == Use::Take && !next.is_stable() && !candidate.by_timeout;
        is_known && self.steps.get(candidate.task) == Some(&(next, false))
    }

    fn runs(&mut self, candidate: &Candidate) {
        self.meet(candidate.task);
        let is_second = self.is_second(candidate);
        let made = &mut self.made[candidate.task];
        made.all += 1;
        made.some += usize::from(!is_second && !is_alone(candidate));
        self.steps[candidate.task] = (candidate.next, is_second);
        self.last = candidate.task;
    }

    /// How many steps each task has left, with those of the tasks that it will start.
    fn count_left(&mut self) {
        let count = |of: &Steps| if self.counts_all { of.all } else { of.some };
        let made = |task: usize| self.made.get(task).map_or(0, count);
        let left = &mut self.left;
        left.clear();
        left.extend(
            (self.learnt.iter().enumerate())
                .map(|(task, learnt)| count(learnt).saturating_sub(made(task))),
        );
        // Those that have not been started come after all others, and parents before their children.
        for task in (self.made.len().max(1)..left.len()).rev() {
            let parent = self.learnt[task].parent;
            left[parent] += left[task];
        }
    }
}

impl Chooser for UniformWalk {
    fn next_run(&mut self) -> bool {
        self.deadlines = Deadlines::of_run(&mut self.random);
        self.learns();
        self.run += 1;
        self.counts_all = self.run > FIRST_RUNS && self.random.below(RUNS) == 0;
        self.older.next_run();
        true
    }

    fn learns(&mut self) {
        for (task, made) in self.made.drain(..).enumerate() {
            match self.learnt.get_mut(task) {
                Some(learnt) => {
                    learnt.some = (learnt.some + made.some).div_ceil(2);
                    learnt.all = (learnt.all + made.all).div_ceil(2);
                    learnt.parent = made.parent;
                }
                None => self.learnt.push(made),
            }
        }
        self.steps.clear();
        self.last = 0;
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        candidates
            .iter()
            .for_each(|candidate| self.meet(candidate.task));
        let is_at_once = |it: &Candidate| is_alone(it) || (it.current && self.is_second(it));
        if let Some(at_once) = candidates.iter().position(is_at_once)
            && !self.counts_all
        {
            self.runs(&candidates[at_once]);
            return at_once;
        }
        self.count_left();
        let (left, deadlines) = (&self.left, self.deadlines);
        let weight = |candidate: &Candidate| {
            let left = left.get(candidate.task).map_or(1, |left| 1 + left);
            deadlines.weight(candidate, left)
        };
        let chosen = pick_by(&mut self.random, candidates, weight);
        self.runs(&candidates[chosen]);
        chosen
    }

    fn watches(&mut self, candidate: &Candidate) {
        self.runs(candidate);
    }

    fn only(&mut self, candidate: Candidate) {
        self.runs(&candidate);
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
    use super::super::random_walk::RandomWalk;
    use super::*;

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
            (before_b..steps).for_each(|_| _ = chooser.keep(&candidates(1)));
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
        let steps = |some, parent| Steps {
            some,
            all: some,
            parent,
        };
        chooser.learnt = vec![steps(2, 0), steps(5, 0), steps(7, 1), steps(11, 2)];
        assert!(chooser.next_run());
        chooser.choose(&candidates(2));
        chooser.made = vec![steps(1, 0), steps(0, 0)];
        chooser.count_left();
        assert_eq!(chooser.left[..2], [1, 5 + 7 + 11]);
    }
    fn next_is(candidate: &Candidate, next: Access) -> Candidate {
        Candidate { next, ..*candidate }
    }

    /// How often each of two tasks is chosen first in that many runs, in which the first task has just run.
    fn firsts(next: [Access; 2], before: &[Access], runs: usize) -> [usize; 2] {
        let mut chooser = UniformWalk::new(1);
        let mut firsts = [0; 2];
        for _ in 0..runs {
            assert!(chooser.next_run());
            let two = candidates(2);
            before
                .iter()
                .for_each(|last| chooser.only(next_is(&two[0], *last)));
            firsts[chooser.choose(&[0, 1].map(|task| next_is(&two[task], next[task])))] += 1;
        }
        firsts
    }

    #[test]
    fn a_uniform_walk_mostly_makes_steps_at_once_that_no_task_can_observe() {
        let (changes, starts) = (Access::change_at(10), Access::change_at(Access::END - 1));
        for alone in [Access::NOTHING, starts] {
            assert_eq!(firsts([changes, alone], &[], FIRST_RUNS), [0, FIRST_RUNS]);
            let [other, alone] = firsts([changes, alone], &[], 400);
            assert!((30..70).contains(&other), "{other} of {alone}");
        }
        // That of a join is no start.
        let looks = Access::look_at(Access::END - 1);
        let [other, _] = firsts([changes, looks], &[], 400);
        assert!((150..250).contains(&other), "{other}");
    }

    #[test]
    fn a_uniform_walk_mostly_releases_a_lock_at_once() {
        let lock = Access::take_at(10);
        assert_eq!(firsts([lock, lock], &[lock], FIRST_RUNS), [FIRST_RUNS, 0]);
        let [_, other] = firsts([lock, lock], &[lock], 400);
        assert!((30..70).contains(&other), "{other}");
        // The next acquisition, that of another lock, and a second change of an atomic are steps of their own.
        let change = Access::change_at(10);
        for (next, before) in [
            (lock, &[lock, lock][..]),
            (lock, &[Access::take_at(20)]),
            (change, &[change]),
        ] {
            let [_, other] = firsts([next, lock], before, 400);
            assert!(other > 100, "{other}");
        }
    }
}
