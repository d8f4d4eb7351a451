//! The rows of a run: what happened, without what says the same twice.

use core::mem::discriminant;
use core::panic::Location;

use crate::backend::explored::{Act, Happening, Run, ShownValue, Step, StepValue, Subject};
use crate::inspect::is_ours;

/// A row of a report.
pub(super) struct Row<'a> {
    pub(super) happening: &'a Happening,
    /// The tasks whose waits it has ended.
    pub(super) wakes: Vec<usize>,
}

/// In what two rows differ that say the same otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// They are of different tasks.
    pub(super) task: bool,
    /// They have different values.
    pub(super) values: bool,
    /// They are about different threads.
    pub(super) threads: bool,
}

impl Difference {
    /// What differs in one of two pairs of rows.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            task: self.task || other.task,
            values: self.values || other.values,
            threads: self.threads || other.threads,
        }
    }
}

impl Row<'_> {
    /// In what they differ; `None` if they do not say the same otherwise.
    pub(super) fn difference(&self, other: &Self) -> Option<Difference> {
        let mut difference = Difference {
            task: self.happening.task() != other.happening.task(),
            ..Difference::default()
        };
        match (self.happening, other.happening) {
            (Happening::Step(_, step), Happening::Step(_, other)) => {
                let are_threads = [step.about, other.about]
                    .iter()
                    .all(|about| matches!(about, Some(Subject::Thread(_))));
                difference.threads = are_threads && step.about != other.about;
                difference.values = step.value != other.value;
                let alike = Step {
                    value: other.value,
                    about: if are_threads { other.about } else { step.about },
                    ..*step
                };
                if alike != *other || !are_of_one_kind(step.value, other.value) {
                    return None;
                }
            }
            (Happening::Starts(_, started), Happening::Starts(_, other)) => {
                difference.threads = started != other;
            }
            (Happening::TimedOut(_), Happening::TimedOut(_))
            | (Happening::Ends(_), Happening::Ends(_)) => {}
            _ => return None,
        }
        (self.wakes == other.wakes).then_some(difference)
    }
}

/// Whether a thread that repeats a step has the one value and then the other: not if they are different words, or if one
/// says that the step has failed.
fn are_of_one_kind(value: Option<StepValue>, other: Option<StepValue>) -> bool {
    match (value, other) {
        (Some(StepValue::Newest(value)), Some(StepValue::Newest(other))) => {
            value == other
                || (!matches!(value, ShownValue::Word(_))
                    && discriminant(&value) == discriminant(&other))
        }
        (Some(value), Some(other)) => discriminant(&value) == discriminant(&other),
        (value, other) => value == other,
    }
}

/// What was noted of a task so far.
#[derive(Clone, Copy, Default)]
struct Noted<'a> {
    /// Its last step, with its row if the step has looked at something and was not the result of a wait.
    last: Option<(Option<usize>, &'a Step)>,
    /// The wait in which it is.
    wait: Option<(&'static str, Option<&'static Location<'static>>)>,
    /// Whether its body has ended.
    has_ended: bool,
}

/// The rows of a run, and the number of those before the part that was forgotten.
///
/// - An operation that looks first and then waits has one row until its wait is over, and another one with its result. If
///   nothing has happened in between, it has that of the result only.
/// - Tasks that an operation wakes are in its row, unless another task has done something in between.
/// - A deadline inside of a wait that goes on has no row: a task that competes for a lock sleeps for a moment only.
/// - An operation of the library itself has none, unless it is the end of a guard.
pub(super) fn rows(run: &Run) -> (Vec<Row<'_>>, usize) {
    let mut rows: Vec<Option<Row<'_>>> = Vec::new();
    let mut before_gap = 0;
    let mut noted = vec![Noted::default(); run.tasks.len()];
    for (at, happening) in run.happenings.iter().enumerate() {
        if at == run.forgotten_at {
            before_gap = rows.len();
        }
        let mine = &mut noted[happening.task()];
        let mut wakes = Vec::new();
        match happening {
            Happening::Step(_, step) => {
                let is_result = is_result_of(step, mine.wait);
                match (step.act, mine.last) {
                    // It has looked, and waits now.
                    (Act::Waits(_), Some((Some(row), last)))
                        if (last.place, last.about) == (step.place, step.about) =>
                    {
                        rows[row].take_if(|row| row.wakes.is_empty());
                    }
                    // The result says that it goes on.
                    (Act::GoesOn, Some((_, last))) if is_result_of(last, mine.wait) => {
                        mine.wait = None;
                        continue;
                    }
                    (Act::Does(verb), _)
                        if step.place.is_some_and(is_ours) && !verb.starts_with("drop of ") =>
                    {
                        continue;
                    }
                    // The result says that its time is over.
                    (Act::Does(_), _)
                        if is_timed_out(step)
                            && rows.last().is_some_and(|last| is_time_out(last, happening)) =>
                    {
                        rows.pop();
                    }
                    // It has not waited for another thread.
                    _ if is_result
                        && !is_timed_out(step)
                        && rows.last().is_some_and(|last| is_wait(last, happening)) =>
                    {
                        rows.pop();
                    }
                    _ => {}
                }
                match step.act {
                    Act::Waits(operation) => mine.wait = Some((operation, step.place)),
                    Act::GoesOn => mine.wait = None,
                    Act::Ends => mine.has_ended = true,
                    _ => {}
                }
                let may_wait = matches!(step.act, Act::Does(_)) && !is_result;
                mine.last = Some((may_wait.then_some(rows.len()), step));
            }
            Happening::TimedOut(_) => {
                let limited = ["_timeout", "_until", "sleep", "timer"];
                let is_limited =
                    |(operation, _): (&str, _)| limited.iter().any(|end| operation.ends_with(end));
                if !mine.wait.is_none_or(is_limited) && !is_given_up(run, at, mine.wait) {
                    continue;
                }
            }
            Happening::Wakes(task, woken) => {
                if let Some(row) = rows.iter_mut().rev().flatten().next()
                    && row.happening.task() == *task
                {
                    row.wakes.push(*woken);
                    continue;
                }
                wakes.push(*woken);
            }
            Happening::Ends(_) if mine.has_ended => continue,
            Happening::Starts(..) | Happening::Ends(_) => {}
        }
        rows.push(Some(Row { happening, wakes }));
    }
    if run.forgotten == 0 {
        before_gap = rows.len();
    }
    let before_gap = rows[..before_gap].iter().flatten().count();
    (rows.into_iter().flatten().collect(), before_gap)
}

/// Whether the wait for a lock whose time is over with that happening ends without the lock.
fn is_given_up(
    run: &Run,
    timed_out: usize,
    wait: Option<(&'static str, Option<&'static Location<'static>>)>,
) -> bool {
    let task = run.happenings[timed_out].task();
    let later = run.happenings.iter().skip(timed_out + 1);
    let mut mine = later.filter(|happening| happening.task() == task);
    let goes_on = mine.next();
    let is_end = |happening: &Happening| matches!(happening, Happening::Step(_, step) if step.act == Act::GoesOn);
    goes_on.is_some_and(is_end)
        && mine.next().is_some_and(
            |next| !matches!(next, Happening::Step(_, step) if is_result_of(step, wait)),
        )
}

/// Whether the step is what that wait was for.
fn is_result_of(
    step: &Step,
    wait: Option<(&'static str, Option<&'static Location<'static>>)>,
) -> bool {
    matches!(step.act, Act::Does(_) | Act::Acquires(_))
        && wait.is_some_and(|(_, place)| place == step.place)
}

/// Whether the step is the result of a wait whose time was over.
fn is_timed_out(step: &Step) -> bool {
    step.value == Some(StepValue::Newest(ShownValue::Word("timed out")))
}

/// Whether the row is the begin of a wait of the task that acts now.
fn is_wait(row: &Option<Row<'_>>, now: &Happening) -> bool {
    row.as_ref().is_some_and(|row| {
        row.wakes.is_empty()
            && matches!(row.happening, Happening::Step(task, Step { act: Act::Waits(_), .. }) if *task == now.task())
    })
}

/// Whether the row says that the time is over of the task that acts now.
fn is_time_out(row: &Option<Row<'_>>, now: &Happening) -> bool {
    row.as_ref().is_some_and(
        |row| matches!(row.happening, Happening::TimedOut(task) if *task == now.task()),
    )
}
