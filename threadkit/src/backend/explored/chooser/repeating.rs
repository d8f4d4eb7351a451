//! A strategy of which one run is repeated.

use super::candidate::{Candidate, Chooser, Load};

/// The runs of another strategy, of which one repeats the run before.
///
/// A body that then does something else does not depend on the schedule alone.
pub(crate) struct Repeating {
    inner: Box<dyn Chooser>,
    run: u64,
    choices: Vec<usize>,
    at: usize,
}

/// The runs that must be equal. They are not the first ones: statics of the program may be made there, and many faults
/// are found there.
const RUNS: [u64; 2] = [15, 16];

impl Repeating {
    pub(crate) fn new(inner: Box<dyn Chooser>) -> Self {
        Self {
            inner,
            run: 0,
            choices: Vec::new(),
            at: 0,
        }
    }

    /// Whether the run with that number must have done the same as the run before.
    pub(crate) fn repeats(run: u64) -> bool {
        run == RUNS[1]
    }

    fn made(&mut self, bound: usize, make: impl FnOnce(&mut dyn Chooser) -> usize) -> usize {
        if self.run == RUNS[1] {
            self.at += 1;
            let choice = self.choices.get(self.at - 1).copied().unwrap_or(0);
            return choice.min(bound - 1);
        }
        let choice = make(&mut *self.inner);
        if self.run == RUNS[0] {
            self.choices.push(choice);
        }
        choice
    }
}

impl Chooser for Repeating {
    fn next_run(&mut self) -> bool {
        self.run += 1;
        self.run == RUNS[1] || self.inner.next_run()
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        self.made(candidates.len(), |inner| inner.choose(candidates))
    }

    fn only(&mut self, candidate: Candidate) {
        if self.run != RUNS[1] {
            self.inner.only(candidate);
        }
    }

    fn keep(&mut self, candidates: &[Candidate]) -> usize {
        self.made(candidates.len(), |inner| inner.keep(candidates))
    }

    fn step_of(&mut self, task: usize) {
        if self.run != RUNS[1] {
            self.inner.step_of(task);
        }
    }

    fn pick(&mut self, bound: usize) -> usize {
        self.made(bound, |inner| inner.pick(bound))
    }

    fn older(&mut self, load: Load, bound: usize) -> usize {
        self.made(bound, |inner| inner.older(load, bound))
    }
}

#[cfg(test)]
mod tests {
    use super::super::candidate::candidates;
    use super::super::random_walk::RandomWalk;
    use super::*;

    #[test]
    fn one_run_is_the_one_before_again() {
        let mut chooser = Repeating::new(Box::new(RandomWalk::new(1)));
        let mut runs = Vec::new();
        for _ in 0..17 {
            assert!(chooser.next_run());
            let choices: Vec<_> = (0..20).map(|_| chooser.choose(&candidates(3))).collect();
            runs.push(choices);
        }
        assert_eq!(runs[14], runs[15]);
        assert_ne!(runs[13], runs[14]);
        assert_ne!(runs[15], runs[16]);
    }
}
