//! The league on shuttle.

mod kit;
#[path = "programs/mod.rs"]
#[expect(
    clippy::duplicate_mod,
    reason = "every explorer compiles the programs against its own kit"
)]
pub(crate) mod programs;

use shuttle::scheduler::Scheduler;
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use crate::explorer::{Ended, MAX_STEPS, counted, ended};
use crate::program::{Need, Program};

/// No wait of shuttle ends by a timeout, and every load returns the newest value.
pub(crate) fn can_express(program: &Program) -> bool {
    let missing = [Need::Timeout, Need::WeakMemory];
    !missing.iter().any(|need| program.needs.contains(need))
}

pub(crate) fn explore(body: fn(), scheduler: impl Scheduler + 'static) -> Ended {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::FailAfter(MAX_STEPS);
    config.silence_warnings = true;
    ended(move || {
        Runner::new(scheduler, config).run(counted(body));
    })
}
