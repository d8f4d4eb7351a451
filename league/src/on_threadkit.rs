//! The league on threadkit.

mod kit;
#[path = "programs/mod.rs"]
#[expect(
    clippy::duplicate_mod,
    reason = "every explorer compiles the programs against its own kit"
)]
pub(crate) mod programs;

use std::time::Duration;

use threadkit::explore::Explorer;

use crate::explorer::{Budget, Ended, MAX_STEPS, counted};
use crate::program::{Need, Program};

/// All programs can be expressed, because they are written for real threads.
pub(crate) fn can_express(_program: &Program) -> bool {
    true
}

/// Loads return older values if the program says that its fault needs it.
fn explorer(program: &Program) -> Explorer {
    match program.needs.contains(&Need::WeakMemory) {
        true => Explorer::new().weak_memory(),
        false => Explorer::new(),
    }
}

/// Explores the program by the explorer that `choose` makes of the usual one.
pub(crate) fn explore(
    program: &Program,
    budget: Budget,
    choose: impl FnOnce(Explorer) -> Explorer,
) -> Ended {
    let explorer = explorer(program)
        .seed(budget.seed)
        .runs(budget.schedules)
        .max_steps(MAX_STEPS)
        .time_limit(Duration::MAX);
    match choose(explorer).try_check(counted(program.body)) {
        Ok(report) if report.is_complete() => Ended::Complete,
        Ok(_) => Ended::Passed,
        Err(failure) => Ended::Failed(failure.what().to_owned()),
    }
}

/// The shrunk report of a failure.
pub(crate) fn report(program: &Program, budget: Budget) -> Option<String> {
    let explorer = explorer(program).seed(budget.seed).runs(budget.schedules);
    let failure = explorer.shrink().try_check(program.body).err()?;
    Some(failure.to_string())
}
