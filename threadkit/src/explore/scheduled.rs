//! Exploring with a scheduler.

use std::sync::Arc;

use super::body::Body;
use super::failure::Failure;
use super::report::Report;
use super::settings::{Settings, Strategy};
use crate::backend::explored::{
    self, Alternating, Chooser, Execution, Exhaustive, FailureKind, Pct, RandomWalk, Replay,
    Schedule,
};
use crate::backend::now;

/// How many runs an exploration has by default.
pub(super) const DEFAULT_RUNS: u64 = 500;

pub(super) fn explore(settings: Settings, body: Arc<Body>) -> Result<Report, Failure> {
    let seed = settings.seed;
    let chooser: Box<dyn Chooser> = match settings.strategy {
        Strategy::Random => Box::new(RandomWalk::new(seed)),
        Strategy::Priorities { depth } => Box::new(Pct::new(seed, depth)),
        Strategy::Exhaustive => Box::new(Exhaustive::default()),
        Strategy::Mixed => Box::new(Alternating::new(vec![
            Box::new(RandomWalk::new(seed)),
            Box::new(Pct::new(seed, 3)),
        ])),
    };
    run_all(settings, body, chooser, None)
}

pub(super) fn replay(
    schedule: Schedule,
    settings: Settings,
    body: Arc<Body>,
) -> Result<Report, Failure> {
    let chooser = Box::new(Replay::new(schedule.clone()));
    run_all(settings, body, chooser, Some(schedule))
}

fn run_all(
    settings: Settings,
    body: Arc<Body>,
    chooser: Box<dyn Chooser>,
    expected: Option<Schedule>,
) -> Result<Report, Failure> {
    assert!(
        explored::here().is_none(),
        "an exploration cannot be started inside another: move `explore::check`, or the attribute, \
         out of the body"
    );
    // Leaked: after a failure threads still sleep in it. There is one for each exploration.
    let execution: &'static Execution =
        Box::leak(Box::new(Execution::new(chooser, settings.max_steps)));
    let end = now().checked_add(settings.time_limit);
    let mut run = 0;
    loop {
        let late = end.is_some_and(|end| now() >= end);
        if run == settings.runs || (late && run > 0) {
            return Ok(Report::new(run, false, execution.kept()));
        }
        if let Some(reset) = &settings.reset {
            explored::putting_back(reset);
        }
        let run_body = Arc::clone(&body);
        let Some(outcome) = execution.run(Arc::new(move || run_body.run())) else {
            return Ok(Report::new(run, true, execution.kept()));
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
            // A thread may have panicked after the body returned.
            Ok(schedule) => match body.lost_panic() {
                None => continue,
                Some(lost) => (lost, schedule),
            },
            Err((failure, schedule)) => (describe(failure, &body, settings.max_steps), schedule),
        };
        body.abandon();
        let schedule = Some(schedule.to_string());
        return Err(Failure {
            what,
            run,
            schedule,
            kept: execution.kept(),
            foreign_uses: execution.foreign_uses(),
        });
    }
}

fn describe(failure: FailureKind, body: &Body, max_steps: usize) -> String {
    let threads = || body.waiting().join(", ");
    match failure {
        FailureKind::Failed => body
            .complaint()
            .unwrap_or_else(|| "the body failed".to_owned()),
        FailureKind::Deadlock => format!("deadlock: no thread can go on: {}", threads()),
        FailureKind::Endless => format!(
            "no end after {max_steps} steps: threads that spin for ever, a spin without \
             `threadkit::yield_now`, or a `max_steps` that is too low; alive: {}",
            threads()
        ),
        FailureKind::Stuck => format!(
            "a thread has stopped where threadkit does not see it, such as in a lock of another \
             library, or runs a loop without a step: {}",
            threads()
        ),
    }
}
