//! What a strategy chooses from, and what a strategy is.

use crate::backend::explored::Access;
use crate::backend::random::Random;

/// A task that can run next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// The number of the task in this run.
    pub(crate) task: usize,
    /// It sleeps, and runs if its deadline passes now.
    pub(crate) by_timeout: bool,
    /// It has the turn: to choose another task is to preempt it.
    pub(crate) current: bool,
    /// What its next step begins with.
    pub(crate) next: Access,
}

/// A load that may return an older value than the newest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Load {
    /// The task that loads.
    pub(crate) task: usize,
    /// How many loads of atomics it has made before in this run.
    pub(crate) number: usize,
}

/// Chooses the next task, in run after run.
///
/// The candidates come in a fixed order: the task that has the turn first, if it can go on, then the others by
/// number. So index 0 is the choice without a preemption.
pub(crate) trait Chooser: Send {
    /// Prepares the next run; `false` if there is no new schedule.
    fn next_run(&mut self) -> bool;

    /// An index into `candidates`, of which there are at least two.
    fn choose(&mut self, candidates: &[Candidate]) -> usize;

    /// As [`choose`](Self::choose), where no strategy has a choice: it is the first, the task that has the turn. A schedule that
    /// is given is followed nevertheless.
    fn keep(&mut self, candidates: &[Candidate]) -> usize {
        self.step_of(candidates[0].task);
        self.only(candidates[0]);
        0
    }

    /// Another strategy has chosen this candidate, or could choose no other, in a run from which this one learns as well.
    fn watches(&mut self, _candidate: &Candidate) {}

    /// The run that it has [watched](Self::watches) is over.
    fn learns(&mut self) {}

    /// Notes a step without a choice: only this task could run.
    fn step_of(&mut self, _task: usize) {}

    /// The same, for a task whose deadline passes as well.
    fn only(&mut self, _candidate: Candidate) {}

    /// Whether it wants to know what each step uses.
    fn wants_uses(&self) -> bool {
        false
    }

    /// Called before each step with what the step before has used, first what it has begun with.
    fn used(&mut self, _uses: &[Access]) {}

    /// Called when a run has ended well, with what the last step has used.
    fn ends(&mut self, _uses: &[Access]) {}

    /// Whether a run that repeats the beginning of an earlier one has not found the same candidates.
    fn has_diverged(&self) -> bool {
        false
    }

    /// A number below `bound`, which is at least two: a random choice that the program makes itself.
    fn pick(&mut self, bound: usize) -> usize;

    /// A number below `bound`, which is at least two: which value a load returns. Zero stands for the newest one, and each
    /// next number for an older one.
    fn older(&mut self, _load: Load, bound: usize) -> usize {
        self.pick(bound)
    }
}

/// How often loads return older values at random: in each run another part of them.
///
/// A fault may need one old value among many new ones, or many old ones.
#[derive(Default)]
pub(super) struct OlderLoads {
    /// So many of eight, once it was drawn in this run.
    of_eight: Option<usize>,
}

impl OlderLoads {
    pub(super) fn next_run(&mut self) {
        self.of_eight = None;
    }

    pub(super) fn pick(&mut self, random: &mut Random, bound: usize) -> usize {
        let of_eight = *self
            .of_eight
            .get_or_insert_with(|| [1, 2, 4][random.below(3)]);
        match random.below(8) < of_eight {
            true => 1 + random.below(bound - 1),
            false => 0,
        }
    }
}

/// How often deadlines pass in a run.
///
/// A deadline that passes stands for a thread that is slow, so it passes seldom in most runs. But some faults need several
/// of them, or one at a certain step, so they pass as often as tasks run in the others.
#[derive(Clone, Copy, Default)]
pub(super) struct Deadlines {
    pass_often: bool,
}

/// How much likelier a task that can run is chosen than one whose deadline would pass, in most runs.
const RUN_WEIGHT: usize = 8;

/// In one run of this many, deadlines pass often.
const RUNS: usize = 4;

impl Deadlines {
    /// Of the next run.
    pub(super) fn of_run(random: &mut Random) -> Self {
        Self {
            pass_often: random.below(RUNS) == 0,
        }
    }

    /// The weight of a candidate that would have this one if it could run.
    pub(super) fn weight(self, candidate: &Candidate, weight: usize) -> usize {
        match candidate.by_timeout && !self.pass_often {
            true => weight,
            false => weight * RUN_WEIGHT,
        }
    }

    /// Whether a deadline passes that could.
    pub(super) fn passes(self, random: &mut Random) -> bool {
        let passes = random.below(RUNS) == 0;
        passes != self.pass_often
    }
}

/// The index of a candidate, each as likely as its weight.
pub(super) fn pick_by(
    random: &mut Random,
    candidates: &[Candidate],
    weight: impl Fn(&Candidate) -> usize,
) -> usize {
    pick_weighted(random, candidates.len(), |index| weight(&candidates[index]))
}

/// An index below `count`, each as likely as its weight. They are not all zero.
pub(super) fn pick_weighted(
    random: &mut Random,
    count: usize,
    weight: impl Fn(usize) -> usize,
) -> usize {
    let mut at = random.below((0..count).map(&weight).sum());
    for index in 0..count {
        match at.checked_sub(weight(index)) {
            Some(rest) => at = rest,
            None => return index,
        }
    }
    unreachable!("the number drawn is below the sum of the weights")
}

/// That number of tasks that can run, of which the first has the turn.
#[cfg(test)]
pub(super) fn candidates(count: usize) -> Vec<Candidate> {
    (0..count)
        .map(|task| Candidate {
            task,
            by_timeout: false,
            current: task == 0,
            next: Access::ANY,
        })
        .collect()
}
