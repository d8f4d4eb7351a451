//! Random choices by which all orders of the steps that matter are equally likely.

use super::candidate::{Candidate, Chooser, Deadlines, Load, OlderLoads, pick_by, pick_weighted};
use super::shared::Shared;
use crate::backend::random::Random;

/// A selectively uniform random walk: as the uniform one, but only the steps that use some objects count, which are
/// chosen anew for each run (Zhao, Wolff, Mathur and Roychoudhury, 2025).
///
/// A uniform walk spreads its runs over the orders of all steps, most of which have nothing to do with each other. Here a
/// task is chosen that makes the next step that counts, the more often the more such steps it has left; the others
/// stop before theirs. All other steps come in any order. How many steps count is learnt from the run before.
pub(crate) struct SelectiveWalk {
    random: Random,
    shared: Shared,
    older: OlderLoads,
    deadlines: Deadlines,
    /// The objects whose steps count in this run.
    counts: Vec<bool>,
    /// The steps that count, by task, and the task that has started the task.
    tasks: Vec<Steps>,
    /// The number of tasks that were met in this run.
    met: usize,
    /// The task that makes the next step that counts.
    intended: Option<usize>,
    /// The task that ran last.
    last: usize,
    /// For the memory: the steps that each task has left, and which of the candidates make a step that counts.
    left: Vec<usize>,
    candidates_count: Vec<bool>,
}

/// What is known of a task.
#[derive(Clone, Copy, Default)]
struct Steps {
    /// How many steps that count it has left, as the run before had them.
    left: usize,
    /// The task that has started it.
    parent: usize,
}

impl SelectiveWalk {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            shared: Shared::default(),
            older: OlderLoads::default(),
            deadlines: Deadlines::default(),
            counts: Vec::new(),
            tasks: Vec::new(),
            met: 0,
            intended: None,
            last: 0,
            left: Vec::new(),
            candidates_count: Vec::new(),
        }
    }

    /// Chooses the objects whose steps count: one, some, or all of them.
    fn choose_objects(&mut self) {
        let all = self.shared.objects().len();
        self.counts.clear();
        self.counts.resize(all, false);
        if all == 0 {
            return;
        }
        match self.random.below(4) {
            0 => self.counts.fill(true),
            1 => self.counts.fill_with(|| self.random.below(2) == 0),
            _ => self.counts[self.random.below(all)] = true,
        }
    }

    /// Whether the next step of the candidate counts.
    fn counts(&mut self, candidate: &Candidate) -> bool {
        let object = self.shared.object_of(candidate);
        object.is_some_and(|object| self.counts[object])
    }

    /// Meets the tasks up to this one.
    fn meet(&mut self, task: usize) {
        if self.tasks.len() <= task {
            self.tasks.resize(task + 1, Steps::default());
        }
        while self.met <= task {
            // Only the task that ran last can have started it.
            self.tasks[self.met].parent = self.last;
            self.met += 1;
        }
    }

    /// How many steps that count each task has left, with those of the tasks that it will start.
    fn count_left(&mut self) {
        let left = &mut self.left;
        left.clear();
        left.extend(self.tasks.iter().map(|task| task.left));
        // Those that have not been started come after all others, and parents before their children.
        for task in (self.met.max(1)..left.len()).rev() {
            let parent = self.tasks[task].parent;
            left[parent] += left[task];
        }
    }

    /// The task that makes the next step that counts: one of those that can run.
    fn intend(&mut self, candidates: &[Candidate]) -> Option<usize> {
        self.count_left();
        let left = &self.left;
        let weight = |candidate: &Candidate| match candidate.by_timeout {
            true => 0,
            false => left[candidate.task],
        };
        let sum: usize = candidates.iter().map(weight).sum();
        let chosen = (sum > 0).then(|| pick_by(&mut self.random, candidates, weight))?;
        Some(candidates[chosen].task)
    }

    fn runs(&mut self, candidate: &Candidate) {
        self.meet(candidate.task);
        if self.counts(candidate) {
            let left = &mut self.tasks[candidate.task].left;
            *left = left.saturating_sub(1);
            self.intended = None;
        }
        self.shared.runs(candidate);
        self.last = candidate.task;
    }
}

impl Chooser for SelectiveWalk {
    fn next_run(&mut self) -> bool {
        self.shared.next_run();
        self.older.next_run();
        self.deadlines = Deadlines::of_run(&mut self.random);
        self.choose_objects();
        for (task, steps) in self.tasks.iter_mut().enumerate() {
            let objects = self.shared.objects().iter().zip(&self.counts);
            let counted = objects.filter(|(_, counts)| **counts);
            steps.left = counted
                .filter_map(|(object, _)| object.steps.get(task))
                .sum();
        }
        self.met = 0;
        self.intended = None;
        self.last = 0;
        true
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        let mut counts = core::mem::take(&mut self.candidates_count);
        counts.clear();
        counts.extend(candidates.iter().map(|it| self.counts(it)));
        candidates.iter().for_each(|it| self.meet(it.task));
        let can_run = |task: usize| {
            let is_it = |candidate: &Candidate| candidate.task == task && !candidate.by_timeout;
            candidates.iter().any(is_it)
        };
        if !self.intended.is_some_and(can_run) {
            self.intended = self.intend(candidates);
        }
        let intended = self.intended;
        let stops = |index: usize, candidate: &Candidate| {
            counts[index] && intended.is_some_and(|intended| intended != candidate.task)
        };
        let deadlines = self.deadlines;
        let weight = |index: usize| match stops(index, &candidates[index]) {
            true => 0,
            false => deadlines.weight(&candidates[index], 1),
        };
        // There is one that does not stop, because the intended one can run.
        let chosen = pick_weighted(&mut self.random, candidates.len(), weight);
        self.candidates_count = counts;
        self.runs(&candidates[chosen]);
        chosen
    }

    fn watches(&mut self, candidate: &Candidate) {
        self.meet(candidate.task);
        self.shared.runs(candidate);
        self.last = candidate.task;
    }

    fn learns(&mut self) {
        self.shared.next_run();
        self.met = 0;
        self.last = 0;
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
