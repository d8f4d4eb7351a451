//! Exploring with a scheduler.

use std::sync::Arc;

use super::explorer::{Explorer, Report, Strategy};
use super::failure::Failure;
use super::run::Subject;
use crate::backend::explored::{
    self, ByChance, ByPriority, Chooser, Execution, Exhaustive, InTurn, Replay, Schedule, Trouble,
};
use crate::backend::now;

/// How many runs an exploration has if nobody says.
pub(super) const USUAL_RUNS: u64 = 500;

/// What a failure without a schedule says of that: it got stuck where no schedule could lead.
pub(super) const NO_SCHEDULE: &str = "";

pub(super) fn explore(explorer: Explorer, subject: Arc<Subject>) -> Result<Report, Failure> {
    let seed = explorer.seed;
    let chooser: Box<dyn Chooser> = match explorer.strategy {
        Strategy::Random => Box::new(ByChance::new(seed)),
        Strategy::Priorities { depth } => Box::new(ByPriority::new(seed, depth)),
        Strategy::Exhaustive => Box::new(Exhaustive::default()),
        Strategy::Mixed => Box::new(InTurn::new(vec![
            Box::new(ByChance::new(seed)),
            Box::new(ByPriority::new(seed, 3)),
        ])),
    };
    run_all(explorer, subject, chooser, None)
}

pub(super) fn replay(
    schedule: Schedule,
    explorer: Explorer,
    subject: Arc<Subject>,
) -> Result<Report, Failure> {
    let chooser = Box::new(Replay::new(schedule.clone()));
    run_all(explorer, subject, chooser, Some(schedule))
}

fn run_all(
    explorer: Explorer,
    subject: Arc<Subject>,
    chooser: Box<dyn Chooser>,
    expected: Option<Schedule>,
) -> Result<Report, Failure> {
    assert!(
        explored::here().is_none(),
        "an exploration cannot be started inside another: move `explore::check`, or the attribute, \
         out of the body"
    );
    // Kept for ever: after a failure its threads still sleep in it, and there is one an exploration.
    let execution: &'static Execution =
        Box::leak(Box::new(Execution::new(chooser, explorer.max_steps)));
    let end = now().checked_add(explorer.time_limit);
    let mut run = 0;
    loop {
        let late = end.is_some_and(|end| now() >= end);
        if run == explorer.runs || (late && run > 0) {
            return Ok(Explorer::report(run, false, execution.kept()));
        }
        if let Some(reset) = &explorer.reset {
            explored::putting_back(reset);
        }
        let body = Arc::clone(&subject);
        let Some(outcome) = execution.run(Arc::new(move || body.run())) else {
            return Ok(Explorer::report(run, true, execution.kept()));
        };
        run += 1;
        let (Ok(made) | Err((_, made))) = &outcome;
        if let Some(expected) = &expected
            && !made.begins_with(expected)
        {
            eprintln!(
                "note: the body did not follow the schedule: it has changed since, or the schedule is \
                 another body's"
            );
        }
        let (what, schedule) = match outcome {
            // A thread may have panicked after the body was through.
            Ok(schedule) => match subject.lost_panic() {
                None => continue,
                Some(lost) => (lost, schedule),
            },
            Err((trouble, schedule)) => (tell(trouble, &subject, explorer.max_steps), schedule),
        };
        subject.abandon();
        let schedule = Some(schedule.to_string());
        return Err(Failure {
            what,
            run,
            schedule,
            kept: execution.kept(),
            intruded: execution.intruded(),
        });
    }
}

fn tell(trouble: Trouble, subject: &Subject, max_steps: usize) -> String {
    let threads = || subject.waiting().join(", ");
    match trouble {
        Trouble::Failed => subject
            .complaint()
            .unwrap_or_else(|| "the body failed".to_owned()),
        Trouble::Deadlock => format!("deadlock: nobody can go on: {}", threads()),
        Trouble::Endless => format!(
            "no end after {max_steps} steps: a loop that waits without a wait, or a limit for \
             `max_steps` that is too low; alive: {}",
            threads()
        ),
        Trouble::Stuck => format!(
            "a thread has stopped where threadkit does not see it, such as in a lock of another \
             library, or goes round a loop: {}",
            threads()
        ),
    }
}
