//! The rows of a run: what happened, without what says the same twice.

use core::panic::Location;

use crate::backend::explored::{Act, Happening, Run, ShownValue, Step, StepValue};
use crate::inspect::is_ours;

/// A row of a report.
pub(super) struct Row<'a> {
    pub(super) happening: &'a Happening,
    /// The tasks whose waits it has ended.
    pub(super) wakes: Vec<usize>,
}

impl Row<'_> {
    /// Whether both say the same.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.happening == other.happening && self.wakes == other.wakes
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
/// - A deadline inside of a wait that has no limit has no row: a task that competes for a lock sleeps for a moment only.
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
                if !mine.wait.is_none_or(is_limited) {
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
