//! Exploring with a scheduler.

use std::sync::Arc;

use super::body::Body;
use super::columns::columns;
use super::failure::Failure;
use super::found::Found;
use super::notes::Notes;
use super::report::Report;
use super::settings::{Settings, Strategy};
use super::shrink::shrunk;
use crate::backend::explored::{
    self, Alternating, Chooser, Execution, Exhaustive, FailureKind, OneProcessor, Pct, RandomWalk,
    Reduced, Repeating, Replay, Schedule, SelectiveWalk, UniformWalk,
};
use crate::backend::now;

/// How many runs an exploration has by default.
pub(super) const DEFAULT_RUNS: u64 = 500;

pub(super) fn explore(settings: Settings, body: Arc<Body>) -> Result<Report, Failure> {
    let seed = settings.seed;
    let chooser: Box<dyn Chooser> = match settings.strategy {
        Strategy::Uniform => Box::new(UniformWalk::new(seed)),
        Strategy::Selective => Box::new(SelectiveWalk::new(seed)),
        Strategy::Random => Box::new(RandomWalk::new(seed)),
        Strategy::Priorities { depth } => Box::new(Pct::new(seed, depth)),
        Strategy::Exhaustive { preemptions: None } => Box::new(Reduced::default()),
        Strategy::Exhaustive {
            preemptions: Some(bound),
        } => Box::new(Exhaustive::up_to(bound)),
        Strategy::Mixed => Box::new(Alternating::new(vec![
            Box::new(SelectiveWalk::new(seed)),
            Box::new(UniformWalk::new(seed)),
            Box::new(Pct::new(seed, 3)),
        ])),
    };
    let chooser = match settings.strategy {
        // It notices by itself if a run does not repeat the beginning of an earlier one.
        Strategy::Exhaustive { .. } => chooser,
        _ => Box::new(Repeating::new(chooser)),
    };
    run_all(settings, body, chooser, None)
}

pub(super) fn replay(
    schedule: Schedule,
    settings: Settings,
    body: Arc<Body>,
) -> Result<Report, Failure> {
    let settings = Settings {
        weak_memory: schedule.weak_memory,
        ..settings
    };
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
    let execution: &'static Execution = Box::leak(Box::new(Execution::new(
        chooser,
        settings.max_steps,
        settings.weak_memory,
    )));
    let _one_processor = OneProcessor::new();
    let end = now().checked_add(settings.time_limit);
    let is_exhaustive = matches!(settings.strategy, Strategy::Exhaustive { .. });
    let mut run = 0;
    let mut inversion = None;
    let mut trace = None;
    let mut is_repeatable = true;
    let notes = |is_repeatable: bool| {
        let kept = execution.kept();
        Notes {
            // What is kept explains the difference.
            is_unrepeatable: kept.is_empty() && !(is_repeatable && execution.is_repeatable()),
            kept,
            foreign_uses: execution.foreign_uses(),
        }
    };
    let end_of = |run, is_complete, is_repeatable, inversion: Option<Failure>| match inversion {
        None => Ok(Report::new(run, is_complete, notes(is_repeatable))),
        Some(failure) => Err(failure),
    };
    loop {
        let late = end.is_some_and(|end| now() >= end);
        if run == settings.runs || (late && run > 0) {
            return end_of(run, false, is_repeatable, inversion);
        }
        if let Some(reset) = &settings.reset {
            explored::putting_back(reset);
        }
        let run_body = Arc::clone(&body);
        let Some(outcome) = execution.run(Arc::new(move || run_body.run())) else {
            return end_of(run, true, is_repeatable, inversion);
        };
        run += 1;
        if expected.is_none() && Repeating::repeats(run) && !is_exhaustive {
            is_repeatable = trace == Some(outcome.trace);
        }
        trace = Some(outcome.trace);
        if let Some(expected) = &expected
            && !outcome.schedule.begins_with(expected)
        {
            eprintln!(
                "note: the body did not follow the schedule: it has changed since, or the schedule is \
                 another body's"
            );
        }
        let inversion_of = |body: &Body| body.inversion().filter(|_| !settings.any_lock_order);
        let inverted = inversion_of(&body).map(|what| (what, outcome.schedule.to_string()));
        let Some(mut found) = Found::of(outcome, &settings, &body) else {
            if let Some((what, schedule)) = inverted {
                inversion.get_or_insert_with(|| Failure {
                    what,
                    run,
                    schedule: Some(schedule),
                    steps: None,
                    notes: Box::new(notes(is_repeatable)),
                });
            }
            continue;
        };
        // A replay shows the run that it was given.
        if settings.shrinks && expected.is_none() {
            let is_over = matches!(found.run.result, Err(FailureKind::Stuck(_)));
            if !is_over {
                let replay = Replay::new(found.run.schedule.clone());
                let again = Found::repeat(replay, &settings, &body);
                is_repeatable &= again.is_some_and(|again| again.is_like(&found));
            }
            found = shrunk(found, &settings, &body);
        }
        return Err(Failure {
            what: found.what,
            run,
            schedule: Some(found.run.schedule.to_string()),
            steps: settings.shrinks.then(|| columns(&found.run).into()),
            notes: Box::new(notes(is_repeatable)),
        });
    }
}
