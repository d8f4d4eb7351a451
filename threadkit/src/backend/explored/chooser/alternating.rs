//! Several strategies.

use super::candidate::{Candidate, Chooser, Load};

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

    fn only(&mut self, candidate: Candidate) {
        self.current().only(candidate);
    }

    fn keep(&mut self, candidates: &[Candidate]) -> usize {
        self.current().keep(candidates)
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
