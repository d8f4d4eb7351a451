//! A run as columns, a thread each.

use core::fmt::{self, Write};
use core::num::NonZeroU64;

use super::rows::{Row, rows};
use crate::backend::explored::{Act, FailureKind, Happening, Object, Run, Step, Subject};
use crate::inspect::is_ours;

/// The last rows of a long run are shown, as the fault is near its end.
const ROWS: usize = 60;

/// So many of the rows are the first ones instead, if the run has no end: what its threads repeat began there.
const FIRST_ROWS: usize = 40;

/// The distance between the columns of two threads. Only one thread acts in a row, so what it does may reach into the
/// columns of the others.
const DISTANCE: usize = 18;

/// The last column begins here at most.
const WIDTH: usize = 72;

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
    let mut lines = repeated(&rows[..before_gap], 0);
    if run.forgotten > 0 {
        lines.push(Line::Forgotten);
        lines.extend(repeated(&rows[before_gap..], before_gap));
    }
    // These lines are left out.
    let left_out = match run.result {
        Err(FailureKind::Endless) => FIRST_ROWS..(lines.len() + FIRST_ROWS).saturating_sub(ROWS),
        _ => 0..lines.len().saturating_sub(ROWS),
    };
    let is_shown = |line: &usize| !left_out.contains(line);
    let shown = (0..lines.len()).filter(is_shown);
    let shown = shown.filter_map(|line| match lines[line] {
        Line::Row(row) => Some(&rows[row]),
        Line::Again { .. } | Line::Forgotten => None,
    });
    let labels = Labels::of(run, shown);
    let heads: Vec<_> = (run.tasks.iter().enumerate())
        .map(|(number, task)| format!("{number} is `{}`", task.name))
        .collect();
    let mut text = format!("what each thread did ({}):\n     ", heads.join(", "));
    for task in 0..run.tasks.len() {
        let _ = write!(text, "{task:<distance$}");
    }
    text.truncate(text.trim_end().len());
    let mut forgotten = 0;
    for (number, line) in lines.iter().enumerate() {
        if number == left_out.start && !left_out.is_empty() {
            let between: usize = lines[left_out.clone()]
                .iter()
                .map(|line| line.len(run))
                .sum();
            let _ = write!(text, "\n     .. {between} rows ..");
        }
        if let Line::Forgotten = line {
            forgotten = run.forgotten;
        }
        if !is_shown(&number) {
            continue;
        }
        match *line {
            Line::Row(row) => {
                let indent = rows[row].happening.task() * distance;
                let what = InWords(&rows[row], &labels);
                let _ = write!(text, "\n{:>4} {:indent$}{what}", row + forgotten + 1, "");
            }
            Line::Again { rows: 1, times } => {
                let _ = write!(text, "\n     .. the last row {times} times more ..");
            }
            Line::Again { rows, times } => {
                let _ = write!(text, "\n     .. the last {rows} rows {times} times more ..");
            }
            Line::Forgotten => {
                let _ = write!(text, "\n     .. {forgotten} rows ..");
            }
        }
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

/// A line of the columns.
enum Line {
    /// The row with that number.
    Row(usize),
    /// That number of rows before it, over and over.
    Again { rows: usize, times: usize },
    /// The part of the run that was not remembered.
    Forgotten,
}

impl Line {
    /// How many rows it stands for.
    fn len(&self, run: &Run) -> usize {
        match self {
            Self::Row(_) => 1,
            Self::Again { rows, times } => rows * times,
            Self::Forgotten => run.forgotten,
        }
    }
}

/// The lines of these rows, of which the first has that number: rows that repeat those before them are one line.
fn repeated(rows: &[Row<'_>], first: usize) -> Vec<Line> {
    /// The longest part of which a repetition is seen.
    const LONGEST: usize = 12;
    /// How many rows a repetition must have to be worth a line.
    const ENOUGH: usize = 4;
    let mut lines = Vec::new();
    let mut at = 0;
    while at < rows.len() {
        let times_of = |len: usize| {
            let part = rows.get(at..at + len).unwrap_or_default();
            let is_again = |other: &&[Row<'_>]| {
                part.len() == other.len() && part.iter().zip(*other).all(|(a, b)| a.is_like(b))
            };
            let rest = rows.get(at + len..).unwrap_or_default();
            rest.chunks(len).take_while(is_again).count()
        };
        let part = (1..=LONGEST).find_map(|len| {
            let times = times_of(len);
            (len * times >= ENOUGH).then_some((len, times))
        });
        let (len, times) = part.unwrap_or((1, 0));
        lines.extend((at..at + len).map(|row| Line::Row(first + row)));
        if times > 0 {
            lines.push(Line::Again { rows: len, times });
        }
        at += len * (times + 1);
    }
    lines
}

/// Short names for the objects in a report, and the numbers of the threads.
struct Labels {
    /// The threads by their numbers in the run, each with its id in the process.
    threads: Vec<Option<NonZeroU64>>,
    /// The objects without a name.
    unnamed: Vec<Object>,
    /// Those with a name.
    named: Vec<Object>,
}

impl Labels {
    fn of<'a>(run: &Run, rows: impl Iterator<Item = &'a Row<'a>>) -> Self {
        let mut labels = Self {
            threads: run.tasks.iter().map(|task| task.id).collect(),
            unnamed: Vec::new(),
            named: Vec::new(),
        };
        for row in rows {
            if let Happening::Step(_, step) = row.happening
                && let Some(object) = step.object()
            {
                let known = match object.name {
                    Some(_) => &mut labels.named,
                    None => &mut labels.unnamed,
                };
                if !known.contains(&object) {
                    known.push(object);
                }
            }
        }
        labels
    }

    fn number(&self, thread: NonZeroU64) -> Option<usize> {
        self.threads.iter().position(|id| *id == Some(thread))
    }

    fn name(&self, object: Object) -> String {
        let Some(name) = object.name else {
            let label = self.unnamed.iter().position(|unnamed| *unnamed == object);
            return match label {
                Some(label) => format!("[{}]", label + 1),
                None => format!("{} made at {}", object.kind, object.made),
            };
        };
        let mut namesakes = (self.named.iter()).filter(|named| named.name == Some(name));
        let number = namesakes.clone().position(|named| *named == object);
        match (namesakes.nth(1), number) {
            (Some(_), Some(number)) => format!("`{name}` {}", number + 1),
            _ => format!("`{name}`"),
        }
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (label, Object { kind, made, .. }) in self.unnamed.iter().enumerate() {
            write!(f, "\n[{}] is {kind} made at {made}", label + 1)?;
            let is_the_same = |other: &Object| (other.kind, other.made) == (*kind, *made);
            if self.unnamed[..label].iter().any(is_the_same) {
                f.write_str(" as well")?;
            }
        }
        Ok(())
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
        match (step.act, step.object()) {
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
