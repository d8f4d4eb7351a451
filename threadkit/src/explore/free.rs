//! Exploring without a scheduler: free threads, again and again.

use core::time::Duration;
use std::sync::Arc;

use super::explorer::{Explorer, Report};
use super::failure::Failure;
use super::run::Subject;
use crate::backend::explored::Schedule;
use crate::backend::{self, Jitter};
use crate::wait::{Gate, Until};

/// How many runs an exploration has if nobody says.
pub(super) const USUAL_RUNS: u64 = 50;

pub(super) fn explore(explorer: Explorer, subject: Arc<Subject>) -> Result<Report, Failure> {
    let _jitter = Jitter::new();
    let end = backend::deadline_after(explorer.time_limit);
    for run in 1..=explorer.runs {
        if let Some(reset) = &explorer.reset {
            reset();
        }
        if let Err(what) = run_once(&subject, explorer.time_limit) {
            return Err(Failure {
                what,
                run,
                schedule: None,
                kept: Vec::new(),
                intruded: Vec::new(),
            });
        }
        if end.is_some_and(|end| backend::now() >= end) {
            return Ok(Explorer::report(run, false, Vec::new()));
        }
    }
    Ok(Explorer::report(explorer.runs, false, Vec::new()))
}

/// What a failure without a schedule says of that.
pub(super) const NO_SCHEDULE: &str =
    "\nbuild with the feature `explore` for a schedule that can be replayed";

/// Refuses: a run that follows no schedule would pass, and say that the fault is gone.
#[track_caller]
pub(super) fn replay(
    _schedule: Schedule,
    _explorer: Explorer,
    _subject: Arc<Subject>,
) -> Result<Report, Failure> {
    panic!(
        "a schedule can be replayed only with the feature `explore`: build with it, as in `cargo test \
         --features threadkit/explore`"
    );
}

/// Runs the body on a thread of its own, so that a hanging one can be left behind.
fn run_once(subject: &Arc<Subject>, limit: Duration) -> Result<(), String> {
    let ended = Arc::new(Gate::new());
    let name = backend::current_os_name().unwrap_or_else(|| "explored".to_owned());
    let started = backend::spawn(&name, None, {
        let (subject, ended) = (Arc::clone(subject), Arc::clone(&ended));
        Box::new(move || {
            subject.run();
            ended.open();
        })
    });
    match started {
        Err(error) => return Err(format!("cannot start a thread to run the body in: {error}")),
        Ok(thread) if ended.wait(&Until::after(limit)).is_ok() => thread.join(),
        Ok(_hanging) => {
            return Err(format!(
                "no end after {limit:?}: {}",
                subject.waiting().join(", ")
            ));
        }
    }
    match subject.complaint() {
        Some(what) => Err(what),
        None => Ok(()),
    }
}
