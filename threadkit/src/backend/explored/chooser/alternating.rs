//! Several strategies.

use core::mem;

use super::candidate::{Candidate, Chooser, Load};

/// Several choosers, which take turns from run to run.
///
/// The first one makes the first runs, from which all learn. So each of them knows something in the first run of its own.
pub(crate) struct Alternating {
    choosers: Vec<Box<dyn Chooser>>,
    run: usize,
    /// Whose run it is.
    current: usize,
    /// The steps of this run from which the others learn, if it ends well.
    watched: Vec<Candidate>,
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
            // With room for the steps of a small body.
            watched: Vec::with_capacity(64),
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

    /// Notes a step of this run.
    fn note_step(&mut self, candidate: &Candidate) {
        if self.run <= FIRST_RUNS {
            self.watched.push(*candidate);
        }
    }

    /// Lets the others learn from the run that is over.
    fn learn(&mut self) {
        let mut watched = mem::take(&mut self.watched);
        for other in self.others() {
            watched.iter().for_each(|step| other.watches(step));
            other.learns();
        }
        watched.clear();
        self.watched = watched;
    }
}

impl Chooser for Alternating {
    fn next_run(&mut self) -> bool {
        if (1..=FIRST_RUNS).contains(&self.run) {
            self.learn();
        }
        self.run += 1;
        self.current = (self.run.saturating_sub(1 + FIRST_RUNS)) % self.choosers.len();
        self.current().next_run()
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        let chosen = self.current().choose(candidates);
        self.note_step(&candidates[chosen]);
        chosen
    }

    fn only(&mut self, candidate: Candidate) {
        self.current().only(candidate);
        self.note_step(&candidate);
    }

    fn keep(&mut self, candidates: &[Candidate]) -> usize {
        let kept = self.current().keep(candidates);
        self.note_step(&candidates[kept]);
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::super::candidate::candidates;
    use super::*;

    /// Notes by its letter what it is asked.
    struct Noted(char, Arc<Mutex<String>>);

    impl Noted {
        fn note(&self, what: &str) {
            let mut all = self.1.lock().unwrap();
            all.push(self.0);
            all.push_str(what);
        }
    }

    impl Chooser for Noted {
        fn next_run(&mut self) -> bool {
            self.note("! ");
            true
        }

        fn choose(&mut self, _candidates: &[Candidate]) -> usize {
            0
        }

        fn watches(&mut self, candidate: &Candidate) {
            self.note(&format!("{} ", candidate.task));
        }

        fn learns(&mut self) {
            self.note("? ");
        }

        fn pick(&mut self, _bound: usize) -> usize {
            0
        }
    }

    #[test]
    fn all_learn_from_the_first_runs() {
        let notes = Arc::new(Mutex::new(String::new()));
        let noted = |letter| -> Box<dyn Chooser> { Box::new(Noted(letter, Arc::clone(&notes))) };
        let mut chooser = Alternating::new(['a', 'b', 'c'].map(noted).into());
        for _ in 0..6 {
            assert!(chooser.next_run());
            chooser.choose(&candidates(2));
            chooser.only(candidates(2)[1]);
        }
        let learnt = "a! b0 b1 b? c0 c1 c? ";
        let turns = "a! b! c! a! ";
        assert_eq!(*notes.lock().unwrap(), [learnt, learnt, turns].concat());
    }
}
