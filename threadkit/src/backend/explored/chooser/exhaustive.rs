//! All schedules.

use super::candidate::{Candidate, Chooser};

/// All schedules, those with the fewest preemptions first; for very small programs.
///
/// Most bugs need only one or two preemptions, and few schedules have so few. So the search has rounds: depth
/// first through all schedules with at most `bound` preemptions, then with one more, until a round has left no
/// schedule out.
pub(crate) struct Exhaustive {
    /// The choices of this run so far, and those still to be repeated.
    path: Vec<Fork>,
    depth: usize,
    bound: usize,
    /// The preemptions of this run so far.
    preemptions: usize,
    /// The greatest bound.
    greatest: usize,
    /// Whether this round has left a schedule out.
    cut: bool,
    begun: bool,
    has_diverged: bool,
}

struct Fork {
    choice: usize,
    alternatives: usize,
    all: usize,
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
        if self.bound == self.greatest {
            return false;
        }
        self.bound += 1;
        core::mem::replace(&mut self.cut, false)
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        let preempts = candidates[0].current;
        let all = !preempts || self.preemptions < self.bound;
        let choice = self.take(if all { candidates.len() } else { 1 }, candidates.len());
        self.cut |= !all;
        self.preemptions += usize::from(preempts && choice > 0);
        choice
    }

    fn has_diverged(&self) -> bool {
        self.has_diverged
    }

    fn pick(&mut self, bound: usize) -> usize {
        self.take(bound, bound)
    }
}

impl Exhaustive {
    /// With at most that number of preemptions.
    pub(crate) fn up_to(greatest: usize) -> Self {
        Self {
            path: Vec::new(),
            depth: 0,
            bound: 0,
            preemptions: 0,
            greatest,
            cut: false,
            begun: false,
            has_diverged: false,
        }
    }

    /// The next choice on the path, or the first alternative at its end.
    ///
    /// There are `all` candidates, of which the search tries the first ones.
    fn take(&mut self, alternatives: usize, all: usize) -> usize {
        if self.depth == self.path.len() {
            self.path.push(Fork {
                choice: 0,
                alternatives,
                all,
            });
        }
        let fork = &self.path[self.depth];
        self.has_diverged |= fork.all != all;
        let choice = fork.choice.min(alternatives - 1);
        self.depth += 1;
        choice
    }
}

#[cfg(test)]
mod tests {
    use super::super::candidate::candidates;
    use super::*;

    #[test]
    fn exhaustive_visits_every_leaf_fewest_preemptions_first() {
        let mut chooser = Exhaustive::up_to(usize::MAX);
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
}
