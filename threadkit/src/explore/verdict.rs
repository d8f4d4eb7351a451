//! What is wrong with a run, in words.

use core::fmt::Write;

use super::body::Body;
use crate::backend::explored::{Act, FailureKind, Happening, Run, RunTask, Step, Subject};

/// A thread that has repeated at most this many different steps in the second half of what is remembered of a run does
/// nothing else.
const REPEATED: usize = 24;

/// What is wrong with a run that has failed. The first panic comes before what it has led to.
pub(super) fn verdict(failure: FailureKind, run: &Run, body: &Body, max_steps: usize) -> String {
    let threads = || body.waiting().join(", ");
    let what = match failure {
        FailureKind::Failed => body
            .complaint()
            .unwrap_or_else(|| "the body failed".to_owned()),
        FailureKind::Deadlock => format!("deadlock: no thread can go on: {}", threads()),
        FailureKind::Endless => endless(run, max_steps),
        FailureKind::Stuck(task) => stuck(run, task, &threads()),
    };
    match &run.panic {
        // The complaint of the body has the text of the panic if that is what it complains of.
        Some((task, panic)) if !what.contains(message_of(panic)) => {
            let name = &run.tasks[*task].name;
            format!("first, `{name}` panicked: {panic}; after that: {what}")
        }
        _ => what,
    }
}

/// Without its place.
fn message_of(panic: &str) -> &str {
    panic
        .rsplit_once(", ")
        .map_or(panic, |(message, _)| message)
}

fn stuck(run: &Run, task: Option<usize>, threads: &str) -> String {
    let mut text = "a thread has stopped where threadkit does not see it, such as in a lock of another library or \
                    of `std`, or runs a loop without a step"
        .to_owned();
    if let Some(task) = task.and_then(|task| run.tasks.get(task)) {
        let _ = write!(text, ": `{}`", task.name);
        match task.last {
            Some((_, step)) => {
                let _ = write!(text, ", somewhere after it {}", in_words(run, step));
            }
            None => text.push_str(", before its first step"),
        }
    }
    let _ = write!(text, "; alive: {threads}");
    text
}

fn endless(run: &Run, max_steps: usize) -> String {
    let runs: Vec<_> = (0..run.tasks.len())
        .filter_map(|task| Some((task, repeated(run, task)?)))
        .collect();
    let repeats = |steps: &Vec<Step>| steps.len() <= REPEATED;
    let is_livelock = !runs.is_empty() && runs.iter().all(|(_, steps)| repeats(steps));
    let starved = run.tasks.iter().enumerate().find_map(|(task, known)| {
        let wait = starves(run, task, known, max_steps)?;
        Some((&known.name, wait))
    });
    let mut text = match (&starved, is_livelock) {
        (Some((name, (since, wait))), _) => format!(
            "starvation: no end after {max_steps} steps; `{name}` {} since step {since}, while other threads \
             acquire it",
            in_words(run, *wait)
        ),
        (None, true) => format!(
            "livelock: no end after {max_steps} steps, and the threads that run only repeat the same ones"
        ),
        (None, false) => format!("no end after {max_steps} steps"),
    };
    for (task, steps) in &runs {
        let name = &run.tasks[*task].name;
        let _ = write!(text, "; `{name}` ");
        match repeats(steps) {
            true => {
                let steps: Vec<_> = steps.iter().map(|step| in_words(run, *step)).collect();
                let _ = write!(text, "repeats: {}", steps.join(", "));
            }
            false => {
                let last = run.tasks[*task].last;
                let last = last.map_or_else(String::new, |(_, step)| in_words(run, step));
                let _ = write!(text, "last {last}");
            }
        }
    }
    for task in run.tasks.iter().filter(|task| !has_run(run, task)) {
        if let Some((_, wait)) = task.waits {
            let _ = write!(text, "; `{}` {}", task.name, in_words(run, wait));
        }
    }
    let _ = write!(
        text,
        "; if the body is only long, set `Explorer::max_steps`"
    );
    text
}

/// Whether the task has begun a step in the second half of what is remembered of the run.
fn has_run(run: &Run, task: &RunTask) -> bool {
    let is_same = |other: &RunTask| core::ptr::eq(other, task);
    let number = run.tasks.iter().position(is_same);
    number.is_some_and(|number| repeated(run, number).is_some())
}

/// The different steps that the task has made in the second half of what is remembered of the run, in order, some more than `REPEATED` at
/// most; `None` if it has made none, or has ended.
fn repeated(run: &Run, task: usize) -> Option<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    for happening in run.happenings.iter().skip(run.happenings.len() / 2) {
        match happening {
            Happening::Ends(ended) if *ended == task => return None,
            Happening::Step(by, step)
                if *by == task && steps.len() <= REPEATED && !steps.contains(step) =>
            {
                steps.push(*step);
            }
            _ => {}
        }
    }
    (!steps.is_empty()).then_some(steps)
}

/// The wait of the task for a lock, if it takes more than half of the run while other tasks acquire the lock.
fn starves(run: &Run, task: usize, known: &RunTask, max_steps: usize) -> Option<(usize, Step)> {
    let (since, wait) = known.waits.filter(|(since, _)| *since < max_steps / 2)?;
    let object = wait.object()?;
    let is_passed = run.happenings.iter().any(|happening| {
        matches!(happening, Happening::Step(by, step @ Step { act: Act::Acquires(_), .. })
            if *by != task && step.object() == Some(object))
    });
    is_passed.then_some((since, wait))
}

fn in_words(run: &Run, step: Step) -> String {
    let mut text = match step.act {
        Act::Does(verb) | Act::Acquires(verb) => verb.to_owned(),
        Act::Releases => "releases".to_owned(),
        Act::Waits(operation) => format!("waits in {operation} for"),
        Act::GoesOn => "goes on".to_owned(),
        Act::Panics => "panics".to_owned(),
        Act::Ends => "ends".to_owned(),
    };
    match step.about {
        Some(Subject::Thread(id)) => {
            let thread = run.tasks.iter().find(|task| task.id == Some(id));
            let name = thread.map_or("a thread", |task| task.name.as_str());
            let _ = write!(text, " `{name}`");
        }
        Some(Subject::Object(object)) => match object.name {
            Some(name) => {
                let _ = write!(text, " `{name}`");
            }
            None => {
                let _ = write!(text, " {} made at {}", object.kind, object.made);
            }
        },
        None => text.truncate(text.trim_end_matches(" for").len()),
    }
    if let Some(place) = step.place {
        let _ = write!(text, " ({place})");
    }
    text
}
