//! A schedule that is given.

use super::candidate::{Candidate, Chooser};
use crate::backend::explored::schedule::Schedule;

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

    fn keep(&mut self, candidates: &[Candidate]) -> usize {
        self.choose(candidates)
    }

    fn pick(&mut self, bound: usize) -> usize {
        let choice = self
            .schedule
            .choices
            .get(self.at)
            .map_or(0, |choice| *choice as usize);
        self.at += 1;
        // A program that has changed since may have fewer candidates.
        choice.min(bound - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::candidate::candidates;
    use super::*;

    #[test]
    fn a_replay_makes_the_same_choices_once() {
        let mut chooser = Replay::new(Schedule {
            choices: vec![1, 0, 2],
            weak_memory: false,
        });
        assert!(chooser.next_run());
        let choices: Vec<_> = (0..4).map(|_| chooser.choose(&candidates(3))).collect();
        assert_eq!(choices, [1, 0, 2, 0]);
        assert!(!chooser.next_run());
    }
}
