//! A run as columns, a thread each.

use core::fmt::{self, Write};

use super::labels::{Labels, listed, threads};
use super::lines::{Line, lines};
use super::rows::{Row, rows};
use crate::backend::explored::{Act, Happening, Object, Run, Step, Subject};
use crate::inspect::is_ours;

/// The distance between the columns of two threads. Only one thread acts in a row, so what it does may reach into the
/// columns of the others.
const DISTANCE: usize = 18;

/// The last column begins here at most.
const WIDTH: usize = 72;

/// Columns that are nearer to each other are hard to tell apart, so the number of the thread stands before each row.
const NEAR: usize = 8;

/// What happened in a run, from the start of its second thread: a row for each operation, in the column of its thread.
pub(super) fn columns(run: &Run) -> String {
    let distance = match run.tasks.len() {
        0 | 1 => DISTANCE,
        count => (WIDTH / (count - 1)).clamp(2, DISTANCE),
    };
    let (mut rows, mut before_gap) = rows(run);
    // A thread that is alone has nothing to do with the fault, unless it is the only one.
    let start = rows
        .iter()
        .position(|row| matches!(row.happening, Happening::Starts(..)));
    rows.drain(..start.unwrap_or(0));
    before_gap = before_gap.saturating_sub(start.unwrap_or(0));
    let lines = lines(run, &rows, before_gap);
    let shown = lines.iter().filter_map(|line| match line {
        Line::Row(row) => Some(rows[*row].happening),
        _ => None,
    });
    let labels = Labels::of(run, shown);
    let mut text = format!("what each thread did ({}):\n     ", threads(run));
    for task in 0..run.tasks.len() {
        let _ = write!(text, "{task:<distance$}");
    }
    text.truncate(text.trim_end().len());
    for line in &lines {
        match line {
            Line::Row(row) => {
                // Those that were not remembered were counted in the run.
                let number = match *row < before_gap {
                    true => row + 1,
                    false => row + run.forgotten + 1,
                };
                let task = rows[*row].happening.task();
                let indent = task * distance;
                let what = InWords(&rows[*row], &labels);
                let _ = write!(text, "\n{number:>4} {:indent$}", "");
                if distance <= NEAR {
                    let _ = write!(text, "{task}: ");
                }
                let _ = write!(text, "{what}");
            }
            Line::Again {
                rows,
                times,
                by,
                difference,
            } => {
                let _ = write!(text, "\n     .. the last ");
                let _ = match rows {
                    1 => write!(text, "row"),
                    rows => write!(text, "{rows} rows"),
                };
                let _ = match times {
                    1 => write!(text, " once more"),
                    times => write!(text, " {times} times more"),
                };
                if !by.is_empty() {
                    let _ = write!(text, ", by {}", listed(by, |task| task.to_string()));
                }
                if difference.values {
                    text.push_str(", with other values");
                }
                if difference.threads {
                    text.push_str(", with other threads");
                }
                text.push_str(" ..");
            }
            Line::Forgotten => {
                let _ = write!(text, "\n     .. {} rows ..", run.forgotten);
            }
            Line::LeftOut(rows) => {
                let _ = write!(text, "\n     .. {rows} rows ..");
            }
        }
    }
    for (task, held) in held_at_the_end(run).into_iter().enumerate() {
        let mut before = None;
        for (object, verb) in held {
            // The verb of an acquisition is that of one side, if the lock has several.
            let verb = if verb == "acquires" { "holds" } else { verb };
            let _ = match before.replace(verb) {
                None => write!(text, "\nat the end {task} {verb} "),
                Some(before) if before == verb => write!(text, ", "),
                Some(_) => write!(text, ", and {verb} "),
            };
            text.push_str(&labels.name(object));
        }
    }
    let _ = write!(text, "{labels}");
    text
}

/// The locks that each task holds when the run ends, with the verbs of their acquisitions.
fn held_at_the_end(run: &Run) -> Vec<Vec<(Object, &'static str)>> {
    let mut held = vec![Vec::new(); run.tasks.len()];
    for happening in &run.happenings {
        let Happening::Step(task, step) = happening else {
            continue;
        };
        let mine: &mut Vec<(Object, &str)> = &mut held[*task];
        match (step.act, step.object()) {
            (Act::Acquires(verb), Some(object)) => mine.push((object, verb)),
            (Act::Releases, Some(object)) => {
                if let Some(at) = mine.iter().rposition(|(held, _)| *held == object) {
                    mine.remove(at);
                }
            }
            _ => {}
        }
    }
    held
}

struct InWords<'a>(&'a Row<'a>, &'a Labels);

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(row, _) = self;
        let mut place = None;
        match row.happening {
            Happening::Step(_, step) => {
                self.write_step(step, f)?;
                place = step.place.filter(|place| !is_ours(place));
            }
            Happening::Starts(_, other) => write!(f, "starts {other}")?,
            Happening::TimedOut(_) => f.write_str("its time is over")?,
            Happening::Ends(_) => f.write_str("ends")?,
            Happening::Wakes(..) => {}
        }
        if !row.wakes.is_empty() {
            let comma = match row.happening {
                Happening::Wakes(..) => "",
                _ => ", ",
            };
            let woken: Vec<_> = row.wakes.iter().map(usize::to_string).collect();
            write!(f, "{comma}wakes {}", woken.join(" and "))?;
        }
        match place {
            Some(place) => write!(f, ", {place}"),
            None => Ok(()),
        }
    }
}

impl InWords<'_> {
    fn write_step(&self, step: &Step, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match step.act {
            Act::Does(verb) | Act::Acquires(verb) => f.write_str(verb)?,
            Act::Releases => f.write_str("releases")?,
            Act::Waits(operation) => {
                write!(f, "waits in {operation}")?;
                if step.about.is_some() {
                    f.write_str(" for")?;
                }
            }
            Act::GoesOn => f.write_str("goes on")?,
            Act::Panics => f.write_str("panics")?,
            Act::Ends => f.write_str("ends")?,
        }
        match step.about {
            Some(Subject::Object(object)) => write!(f, " {}", self.1.name(object))?,
            Some(Subject::Thread(id)) => match self.1.number(id) {
                Some(number) => write!(f, " {number}")?,
                None => f.write_str(" a thread of another run")?,
            },
            None => {}
        }
        if let Some(value) = step.value {
            write!(f, "{value}")?;
        }
        match step.order {
            Some(order) => write!(f, ", {order:?}"),
            None => Ok(()),
        }
    }
}
