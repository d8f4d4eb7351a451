//! Random choices by which all orders are equally likely.

use super::candidate::{Candidate, Chooser, Deadlines, Load, OlderLoads, pick_by};
use crate::backend::random::Random;

/// A uniform random walk: a task is chosen the more often the more steps it has left, so that every order of the steps is
/// about equally likely, also of those in which a short task comes last.
///
/// A task that has many steps left, chosen as often as one with few, would mostly run last: with ten tasks of which one
/// must come first and another last, the random walk above hardly ever finds the order. How many steps each task makes is
/// learnt from the runs before. The steps of tasks that have not been started yet count for the task that starts them.
pub(crate) struct UniformWalk {
    random: Random,
    older: OlderLoads,
    deadlines: Deadlines,
    /// The steps of each task and the task that has started it, as the earlier runs had them, rounded up.
    learnt: Vec<Steps>,
    /// The same of this run so far.
    made: Vec<Steps>,
    /// The task that was chosen last.
    last: usize,
    /// For the memory: the steps that each task has left.
    left: Vec<usize>,
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
            older: OlderLoads::default(),
            deadlines: Deadlines::default(),
            learnt: Vec::new(),
            made: Vec::new(),
            last: 0,
            left: Vec::new(),
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
    fn count_left(&mut self) {
        let made = |task: usize| self.made.get(task).map_or(0, |made| made.count);
        let left = &mut self.left;
        left.clear();
        left.extend(
            (self.learnt.iter().enumerate())
                .map(|(task, learnt)| learnt.count.saturating_sub(made(task))),
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
        self.older.next_run();
        true
    }

    fn learns(&mut self) {
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
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        candidates
            .iter()
            .for_each(|candidate| self.meet(candidate.task));
        self.count_left();
        let (left, deadlines) = (&self.left, self.deadlines);
        let weight = |candidate: &Candidate| {
            let left = left.get(candidate.task).map_or(1, |left| 1 + left);
            deadlines.weight(candidate, left)
        };
        let chosen = pick_by(&mut self.random, candidates, weight);
        self.step_of(candidates[chosen].task);
        chosen
    }

    fn watches(&mut self, candidate: &Candidate) {
        self.step_of(candidate.task);
    }

    fn step_of(&mut self, task: usize) {
        self.meet(task);
        self.last = task;
        self.made[task].count += 1;
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
        chooser.count_left();
        assert_eq!(chooser.left[..2], [1, 5 + 7 + 11]);
    }
}
