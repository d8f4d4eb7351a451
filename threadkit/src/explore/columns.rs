//! A run as columns, a thread each.

use core::fmt::{self, Write};

use crate::backend::explored::{Act, FailureKind, Happening, Object, Run, Step};

/// The last rows of a long run are shown, as the fault is near its end.
const ROWS: usize = 60;

/// So many of the rows are the first ones instead, if the run has no end: what its threads repeat began there.
const FIRST_ROWS: usize = 40;

/// The distance between the columns of two threads. Only one thread acts in a row, so what it does may reach into the
/// columns of the others.
const DISTANCE: usize = 18;

/// The last column begins here at most.
const WIDTH: usize = 72;

/// What happened in a run, from the start of its second thread: a row for each step, in the column of its thread.
pub(super) fn columns(run: &Run) -> String {
    let distance = match run.tasks.len() {
        0 | 1 => DISTANCE,
        count => (WIDTH / (count - 1)).clamp(2, DISTANCE),
    };
    let mut rows: Vec<_> = shown(run).collect();
    // A thread that is alone has nothing to do with the fault, unless it is the only one.
    let start = rows
        .iter()
        .position(|happening| matches!(happening, Happening::Starts(..)));
    rows.drain(..start.unwrap_or(0));
    // These rows are left out.
    let left_out = match run.result {
        Err(FailureKind::Endless) => FIRST_ROWS..(rows.len() + FIRST_ROWS).saturating_sub(ROWS),
        _ => 0..rows.len().saturating_sub(ROWS),
    };
    let is_shown = |row: &usize| !left_out.contains(row);
    let shown: Vec<_> = (0..rows.len())
        .filter(is_shown)
        .map(|row| rows[row])
        .collect();
    let labels = Labels::of(&shown);
    let heads: Vec<_> = (run.tasks.iter().enumerate())
        .map(|(number, task)| format!("{number} is `{}`", task.name))
        .collect();
    let mut text = format!("what each thread did ({}):\n     ", heads.join(", "));
    for task in 0..run.tasks.len() {
        let _ = write!(text, "{task:<distance$}");
    }
    text.truncate(text.trim_end().len());
    for (row, happening) in rows.iter().enumerate() {
        if row == left_out.start && !left_out.is_empty() {
            let between = left_out.len() + run.forgotten;
            let _ = write!(text, "\n     .. {between} rows ..");
        }
        if !is_shown(&row) {
            continue;
        }
        let forgotten = if row < left_out.end { 0 } else { run.forgotten };
        let row = row + forgotten;
        let indent = task_of(happening) * distance;
        let what = InWords(happening, &labels);
        let _ = write!(text, "\n{:>4} {:indent$}{what}", row + 1, "");
    }
    for (task, held) in held_at_the_end(run).into_iter().enumerate() {
        if !held.is_empty() {
            let held: Vec<_> = held.into_iter().map(|object| labels.name(object)).collect();
            let _ = write!(text, "\nat the end {task} holds {}", held.join(", "));
        }
    }
    let _ = write!(text, "{labels}");
    text
}

/// Without the deadlines inside of waits that have no limit: a thread that competes for a lock sleeps for a moment only.
fn shown(run: &Run) -> impl Iterator<Item = &Happening> {
    let mut waits = vec![""; run.tasks.len()];
    run.happenings
        .iter()
        .filter(move |happening| match happening {
            Happening::Step(task, step) => {
                if let Act::Waits(operation) = step.act {
                    waits[*task] = operation;
                }
                true
            }
            Happening::TimedOut(task) => {
                let operation = waits[*task];
                let limited = ["_timeout", "_until", "sleep", "timer"];
                operation.is_empty() || limited.iter().any(|end| operation.ends_with(end))
            }
            Happening::Starts(..) | Happening::Ends(_) => true,
        })
}

/// Short names for what has none.
struct Labels(Vec<Object>);

impl Labels {
    fn of(rows: &[&Happening]) -> Self {
        let mut unnamed = Vec::new();
        for row in rows {
            if let Happening::Step(
                _,
                Step {
                    object: Some(object),
                    ..
                },
            ) = row
                && object.name.is_none()
                && !unnamed.contains(object)
            {
                unnamed.push(*object);
            }
        }
        Self(unnamed)
    }

    fn name(&self, object: Object) -> String {
        let label = self.0.iter().position(|unnamed| *unnamed == object);
        match (object.name, label) {
            (Some(name), _) => format!("`{name}`"),
            (None, Some(label)) => format!("[{}]", label + 1),
            (None, None) => format!("{} made at {}", object.kind, object.made),
        }
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (label, Object { kind, made, .. }) in self.0.iter().enumerate() {
            write!(f, "\n[{}] is {kind} made at {made}", label + 1)?;
        }
        Ok(())
    }
}

fn task_of(happening: &Happening) -> usize {
    match happening {
        Happening::Step(task, _)
        | Happening::Starts(task, _)
        | Happening::TimedOut(task)
        | Happening::Ends(task) => *task,
    }
}

/// The locks that each task holds when the run ends.
fn held_at_the_end(run: &Run) -> Vec<Vec<Object>> {
    let mut held = vec![Vec::new(); run.tasks.len()];
    for happening in &run.happenings {
        let Happening::Step(task, step) = happening else {
            continue;
        };
        let mine: &mut Vec<Object> = &mut held[*task];
        match (step.act, step.object) {
            (Act::Acquires(_), Some(object)) => mine.push(object),
            (Act::Releases, Some(object)) => {
                if let Some(at) = mine.iter().rposition(|held| *held == object) {
                    mine.remove(at);
                }
            }
            _ => {}
        }
    }
    held
}

struct InWords<'a>(&'a Happening, &'a Labels);

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Step {
            act,
            object,
            value,
            place,
        } = match self.0 {
            Happening::Step(_, step) => step,
            Happening::Starts(_, other) => return write!(f, "starts {other}"),
            Happening::TimedOut(_) => return f.write_str("its time is over"),
            Happening::Ends(_) => return f.write_str("ends"),
        };
        match act {
            Act::Does(verb) | Act::Acquires(verb) => f.write_str(verb)?,
            Act::Releases => f.write_str("releases")?,
            Act::Waits(operation) => {
                write!(f, "waits in {operation}")?;
                if object.is_some() {
                    f.write_str(" for")?;
                }
            }
            Act::GoesOn => f.write_str("goes on")?,
            Act::Panics => f.write_str("panics")?,
        }
        if let Some(object) = object {
            write!(f, " {}", self.1.name(*object))?;
        }
        if let Some(value) = value {
            value.fmt(f)?;
        }
        match place {
            Some(place) => write!(f, ", {place}"),
            None => Ok(()),
        }
    }
}
