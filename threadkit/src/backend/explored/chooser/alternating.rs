//! Several strategies.

use super::candidate::{Candidate, Chooser, Load};

/// Several choosers, which take turns from run to run.
///
/// The first one makes the first runs, from which all learn. So each of them knows something in the first run of its own.
pub(crate) struct Alternating {
    choosers: Vec<Box<dyn Chooser>>,
    run: usize,
    /// Whose run it is.
    current: usize,
}

/// How many runs the first chooser makes before they take turns.
///
/// A fault that one of the first few schedules of each strategy shows is found sooner by one that has learnt than by three
/// that have not.
const FIRST_RUNS: usize = 2;

impl Alternating {
    pub(crate) fn new(choosers: Vec<Box<dyn Chooser>>) -> Self {
        Self {
            choosers,
            run: 0,
            current: 0,
        }
    }

    fn current(&mut self) -> &mut dyn Chooser {
        &mut *self.choosers[self.current]
    }

    fn others(&mut self) -> impl Iterator<Item = &mut Box<dyn Chooser>> {
        let current = self.current;
        let all = self.choosers.iter_mut().enumerate();
        all.filter(move |(index, _)| *index != current)
            .map(|(_, other)| other)
    }

    /// Lets the others learn from a step of this run.
    fn watched(&mut self, candidate: &Candidate) {
        if self.run <= FIRST_RUNS {
            self.others().for_each(|other| other.watches(candidate));
        }
    }
}

impl Chooser for Alternating {
    fn next_run(&mut self) -> bool {
        if self.run <= FIRST_RUNS {
            self.others().for_each(|other| other.learns());
        }
        self.run += 1;
        self.current = (self.run.saturating_sub(1 + FIRST_RUNS)) % self.choosers.len();
        self.current().next_run()
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        let chosen = self.current().choose(candidates);
        self.watched(&candidates[chosen]);
        chosen
    }

    fn only(&mut self, candidate: Candidate) {
        self.current().only(candidate);
        self.watched(&candidate);
    }

    fn keep(&mut self, candidates: &[Candidate]) -> usize {
        let kept = self.current().keep(candidates);
        self.watched(&candidates[kept]);
        kept
    }

    fn step_of(&mut self, task: usize) {
        self.current().step_of(task);
    }

    fn pick(&mut self, bound: usize) -> usize {
        self.current().pick(bound)
    }

    fn older(&mut self, load: Load, bound: usize) -> usize {
        self.current().older(load, bound)
    }
}
