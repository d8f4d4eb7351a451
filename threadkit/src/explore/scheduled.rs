//! Exploring with a scheduler.

use core::mem;
use std::env;
use std::sync::{Arc, OnceLock};

use super::body::Body;
use super::columns::columns;
use super::failure::Failure;
use super::found::Found;
use super::notes::Notes;
use super::report::Report;
use super::settings::{Settings, Strategy};
use super::shrink::shrunk;
use crate::backend::explored::{
    self, Alternating, Chooser, Execution, Exhaustive, FailureKind, Kind, OneProcessor, Pct,
    RandomWalk, Reduced, Repeating, Replay, Run, Schedule, SelectiveWalk, UniformWalk,
};
use crate::backend::{QuietMutex, current_os_name, now};

/// How many runs an exploration has by default.
pub(super) const DEFAULT_RUNS: u64 = 500;

/// Whether explorations use coroutines if they are not asked to, because the environment does.
pub(super) fn coroutines_by_default() -> bool {
    static IS_ASKED: OnceLock<bool> = OnceLock::new();
    *IS_ASKED.get_or_init(|| {
        let asked = env::var("THREADKIT_EXPLORE").unwrap_or_default();
        match asked.as_str() {
            "coroutines" => true,
            "threads" | "" => false,
            other => {
                eprintln!(
                    "threadkit: THREADKIT_EXPLORE is `{other}`, which means nothing; write `threads` or `coroutines`"
                );
                false
            }
        }
    })
}

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
            Box::new(UniformWalk::new(seed)),
            Box::new(Pct::new(seed, 3)),
            Box::new(SelectiveWalk::new(seed)),
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
    let kind = settings.kind();
    // Leaked: after a failure threads still sleep in it. There is one for each exploration.
    let execution: &'static Execution = Box::leak(Box::new(Execution::new(
        chooser,
        settings.max_steps,
        settings.weak_memory,
        kind,
    )));
    // Coroutines are on one thread anyway.
    let _one_processor = (kind == Kind::Threads).then(OneProcessor::new);
    let (max_steps, shows_steps) = (settings.max_steps, settings.shrinks);
    // A replay shows the run that it was given.
    let shrinks = shows_steps && expected.is_none();
    let progress = Arc::new(QuietMutex::new(Progress::default()));
    let runs = Runs {
        settings,
        body: Arc::clone(&body),
        execution,
        expected: expected.clone(),
        progress: Arc::clone(&progress),
    };
    let of_stuck = Stuck {
        execution,
        body: Arc::clone(&body),
        expected: expected.clone(),
        progress: Arc::clone(&progress),
        max_steps,
        shows_steps,
    };
    let watched = of_stuck.clone();
    let name = current_os_name().unwrap_or_default();
    let (settings, ended) = match execution.make_runs(
        move || runs.make(),
        move |run| watched.last_words(&name, run),
    ) {
        Ok(ended) => ended,
        Err(run) => return Err(of_stuck.failure(*run)),
    };
    let Progress {
        run,
        is_repeatable,
        has_threads,
        inversion,
        ..
    } = mem::take(&mut *progress.lock());
    let mut notes = notes(execution, is_repeatable);
    execution.free();
    let mut found = match (ended, inversion) {
        (Ended::Over { is_complete }, None) => {
            let is_in_vain = run > 1 && !has_threads && !is_complete;
            notes.of_one_thread = is_in_vain.then_some(run);
            return Ok(Report::new(run, is_complete, notes));
        }
        (Ended::Over { .. }, Some(failure)) => return Err(failure),
        (Ended::Failed(found), _) => *found,
    };
    if shrinks {
        if !matches!(found.run.result, Err(FailureKind::Stuck(_))) {
            let replay = Replay::new(found.run.schedule.clone());
            let again = Found::repeat(replay, &settings, &body);
            let is_like = again.is_some_and(|again| again.is_like(&found));
            notes.is_unrepeatable |= notes.kept.is_empty() && !is_like;
        }
        found = shrunk(found, &settings, &body);
    }
    Err(failure(found, run, shows_steps, notes))
}

fn failure(found: Found, run: u64, shows_steps: bool, notes: Notes) -> Failure {
    Failure {
        what: found.what,
        run,
        schedule: Some(found.run.schedule.to_string()),
        steps: shows_steps.then(|| columns(&found.run).into()),
        notes: Box::new(notes),
    }
}

/// What to say of an exploration that is stuck.
#[derive(Clone)]
struct Stuck {
    execution: &'static Execution,
    body: Arc<Body>,
    expected: Option<Schedule>,
    progress: Arc<QuietMutex<Progress>>,
    max_steps: usize,
    shows_steps: bool,
}

impl Stuck {
    /// The failure of a run that is stuck.
    fn failure(self, run: Run) -> Failure {
        let (before, is_repeatable) = {
            let progress = self.progress.lock();
            (progress.run, progress.is_repeatable)
        };
        let Some(found) = Found::of(run, self.max_steps, &self.body) else {
            unreachable!("a run that is stuck has failed");
        };
        let notes = notes(self.execution, is_repeatable);
        failure(found, before + 1, self.shows_steps, notes)
    }

    /// The same in words, if the thread of that name that is stuck is the one that has begun the exploration.
    fn last_words(self, name: &str, run: Run) -> String {
        // Printed by nothing but the watchdog, which must not wait for the lock of standard error.
        let note = another_body(&run, self.expected.as_ref()).unwrap_or_default();
        let failure = self.failure(run);
        format!(
            "{note}\nthread '{name}' is stuck in an exploration by coroutines:\n{failure}\n\nThis ends the process: the coroutines \
             run on the thread of the test, which cannot go on. If it waits for a lock, a channel or a clock of `std` or of \
             another library, use that of threadkit, such as `threadkit::Lock`, for which the exploration sees the wait. Or \
             explore without coroutines, also by the environment variable THREADKIT_EXPLORE: then only this test fails. The \
             reports of other tests that have failed are lost, unless they run with `--nocapture`.\n"
        )
    }
}

fn notes(execution: &Execution, is_repeatable: bool) -> Notes {
    let kept = execution.findings.kept();
    Notes {
        // What is kept explains the difference.
        is_unrepeatable: kept.is_empty() && !(is_repeatable && execution.is_repeatable()),
        kept,
        foreign_uses: execution.findings.foreign_uses(),
        of_one_thread: None,
    }
}

fn note_another_body(run: &Run, expected: Option<&Schedule>) {
    if let Some(note) = another_body(run, expected) {
        eprint!("{note}");
    }
}

/// What is said of a run that did not follow the schedule that it was given.
fn another_body(run: &Run, expected: Option<&Schedule>) -> Option<&'static str> {
    let is_another = expected.is_some_and(|expected| !run.schedule.begins_with(expected));
    is_another.then_some(
        "note: the body did not follow the schedule: it has changed since, or the schedule is \
         another body's\n",
    )
}

/// The runs of an exploration.
struct Runs {
    settings: Settings,
    body: Arc<Body>,
    execution: &'static Execution,
    expected: Option<Schedule>,
    progress: Arc<QuietMutex<Progress>>,
}

/// What is known after each run.
struct Progress {
    /// How many there were.
    run: u64,
    /// The first run that has acquired locks in different orders.
    inversion: Option<Failure>,
    trace: Option<u64>,
    is_repeatable: bool,
    /// Whether a run had another thread than that of the body.
    has_threads: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            run: 0,
            inversion: None,
            trace: None,
            is_repeatable: true,
            has_threads: false,
        }
    }
}

enum Ended {
    Over {
        /// Whether there is no other schedule.
        is_complete: bool,
    },
    Failed(Box<Found>),
}

impl Runs {
    /// Makes them, until one fails or all are made. Returns the settings as well.
    fn make(self) -> (Settings, Ended) {
        let ended = self.make_all();
        (self.settings, ended)
    }

    fn make_all(&self) -> Ended {
        let settings = &self.settings;
        let end = now().checked_add(settings.time_limit);
        let is_exhaustive = matches!(settings.strategy, Strategy::Exhaustive { .. });
        loop {
            let run = self.progress.lock().run;
            let late = end.is_some_and(|end| now() >= end);
            if run == settings.runs || (late && run > 0) {
                return Ended::Over { is_complete: false };
            }
            if let Some(reset) = &settings.reset {
                explored::putting_back(reset);
            }
            let body = Arc::clone(&self.body);
            let Some(outcome) = self.execution.run(Arc::new(move || body.run())) else {
                return Ended::Over { is_complete: true };
            };
            let mut progress = self.progress.lock();
            progress.run += 1;
            let run = progress.run;
            if self.expected.is_none() && Repeating::repeats(run) && !is_exhaustive {
                progress.is_repeatable = progress.trace == Some(outcome.trace);
            }
            progress.trace = Some(outcome.trace);
            progress.has_threads |= outcome.tasks.len() > 1;
            note_another_body(&outcome, self.expected.as_ref());
            let inversion = (self.body.inversion()).filter(|_| !settings.any_lock_order);
            if let Some(what) = Found::what(&outcome, settings.max_steps, &self.body) {
                return Ended::Failed(Box::new(Found { what, run: outcome }));
            }
            if let Some(what) = inversion
                && progress.inversion.is_none()
            {
                progress.inversion = Some(Failure {
                    what: what.to_string(),
                    run,
                    schedule: Some(outcome.schedule.to_string()),
                    steps: None,
                    notes: Box::new(notes(self.execution, progress.is_repeatable)),
                });
            }
            self.execution.recycle(outcome);
        }
    }
}
