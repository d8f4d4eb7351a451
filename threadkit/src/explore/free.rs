//! Exploring without a scheduler: repeated runs on free threads.

use core::time::Duration;
use std::sync::Arc;

use super::body::Body;
use super::failure::Failure;
use super::notes::Notes;
use super::report::Report;
use super::settings::Settings;
use crate::backend::explored::Schedule;
use crate::backend::{self, Jitter};
use crate::inspect;
use crate::wait::{Gate, Until};

/// How many runs an exploration has by default.
pub(super) const DEFAULT_RUNS: u64 = 50;

/// Whether explorations use coroutines if they are not asked to. Free threads are none.
pub(super) fn coroutines_by_default() -> bool {
    false
}

pub(super) fn explore(settings: Settings, body: Arc<Body>) -> Result<Report, Failure> {
    let _jitter = Jitter::new();
    let end = backend::deadline_after(settings.time_limit);
    let mut inversion = None;
    let mut made = 0;
    for run in 1..=settings.runs {
        made = run;
        if let Some(reset) = &settings.reset {
            reset();
        }
        let failure = |what| Failure {
            what,
            run,
            schedule: None,
            steps: None,
            notes: Box::default(),
        };
        run_once(&body, settings.time_limit).map_err(failure)?;
        let found = body.inversion().filter(|_| !settings.any_lock_order);
        inversion = inversion.or_else(|| found.map(|found| failure(found.to_string())));
        if end.is_some_and(|end| backend::now() >= end) {
            break;
        }
    }
    match inversion {
        None => Ok(Report::new(made, false, Notes::default())),
        Some(failure) => Err(failure),
    }
}

/// Panics: a run that does not follow the schedule would pass, as if the fault were gone.
#[track_caller]
pub(super) fn replay(
    _schedule: Schedule,
    _settings: Settings,
    _subject: Arc<Body>,
) -> Result<Report, Failure> {
    panic!(
        "a schedule can be replayed only with the feature `explore`: build with it, as in `cargo test \
         --features threadkit/explore`"
    );
}

/// Runs the body on a thread of its own, which is left behind if it hangs.
fn run_once(body: &Arc<Body>, limit: Duration) -> Result<(), String> {
    let ended = Arc::new(Gate::new());
    let name = backend::current_os_name().unwrap_or_else(|| "explored".to_owned());
    // In a box, because the start of a thread is much code for each type of body.
    let run: Box<dyn FnOnce() + Send> = {
        let (body, ended) = (Arc::clone(body), Arc::clone(&ended));
        Box::new(move || {
            body.run();
            ended.open();
        })
    };
    let started = backend::spawn(name, None, run);
    match started {
        Err(error) => return Err(format!("cannot start a thread to run the body in: {error}")),
        Ok(thread) if ended.wait(&Until::after(limit)).is_ok() => thread.join(),
        Ok(_hanging) => {
            return Err(format!(
                "no end after {limit:?}: {}",
                inspect::joined(&body.waiting(), ", ")
            ));
        }
    }
    match body.complaint() {
        Some(what) => Err(what),
        None => Ok(()),
    }
}
