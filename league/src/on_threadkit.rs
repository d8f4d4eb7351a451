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

/// Every load returns the newest value; all else can be expressed, because the programs are written for real threads.
pub(crate) fn can_express(program: &Program) -> bool {
    !program.needs.contains(&Need::WeakMemory)
}

/// Explores the program by the explorer that `choose` makes of the usual one.
pub(crate) fn explore(
    body: fn(),
    budget: Budget,
    choose: impl FnOnce(Explorer) -> Explorer,
) -> Ended {
    let explorer = Explorer::new()
        .seed(budget.seed)
        .runs(budget.schedules)
        .max_steps(MAX_STEPS)
        .time_limit(Duration::MAX);
    match choose(explorer).try_check(counted(body)) {
        Ok(report) if report.is_complete() => Ended::Complete,
        Ok(_) => Ended::Passed,
        Err(failure) => Ended::Failed(failure.what().to_owned()),
    }
}

/// The shrunk report of a failure.
pub(crate) fn report(body: fn(), budget: Budget) -> Option<String> {
    let explorer = Explorer::new().seed(budget.seed).runs(budget.schedules);
    let failure = explorer.shrink().try_check(body).err()?;
    Some(failure.to_string())
}
