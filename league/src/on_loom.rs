//! The league on loom.

mod kit;
#[path = "programs/mod.rs"]
#[expect(
    clippy::duplicate_mod,
    reason = "every explorer compiles the programs against its own kit"
)]
pub(crate) mod programs;

use loom::MAX_THREADS;
use loom::model::Builder;

use crate::explorer::{Budget, Ended, MAX_STEPS, counted, ended, schedules};
use crate::program::{Need, Program};

/// loom has no time, no channels with a capacity or an end, and few threads.
pub(crate) fn can_express(program: &Program) -> bool {
    let missing = [Need::Timeout, Need::Sleep, Need::Bounded, Need::Closing];
    program.threads <= MAX_THREADS && !missing.iter().any(|need| program.needs.contains(need))
}

/// Explores all schedules with that number of preemptions at most, if there is one.
pub(crate) fn explore(body: fn(), budget: Budget, preemptions: Option<usize>) -> Ended {
    let mut builder = Builder::new();
    builder.max_branches = MAX_STEPS;
    builder.preemption_bound = preemptions;
    builder.max_permutations = Some(budget.schedules as usize + 1);
    // loom checks the limits whenever there could be a checkpoint.
    builder.checkpoint_interval = 1;
    match ended(move || builder.check(counted(body))) {
        Ended::Passed if schedules() < budget.schedules => Ended::Complete,
        ended => ended,
    }
}
