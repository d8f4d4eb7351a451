//! Random choices.

use super::candidate::{Candidate, Chooser, Deadlines, Load, OlderLoads, pick_by};
use crate::backend::random::Random;

/// Chooses every candidate at random; deadlines pass now and then.
pub(crate) struct RandomWalk {
    random: Random,
    older: OlderLoads,
    deadlines: Deadlines,
}

impl RandomWalk {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            older: OlderLoads::default(),
            deadlines: Deadlines::default(),
        }
    }
}

impl Chooser for RandomWalk {
    fn next_run(&mut self) -> bool {
        self.older.next_run();
        self.deadlines = Deadlines::of_run(&mut self.random);
        true
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        let weight = |candidate: &Candidate| self.deadlines.weight(candidate, 1);
        pick_by(&mut self.random, candidates, weight)
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
    use super::*;

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
}
