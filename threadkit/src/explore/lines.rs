//! The lines of a report: its rows, without those that say again what others have said, and without some of very many.

use super::rows::{Difference, Row};
use crate::backend::explored::{Act, FailureKind, Happening, Run};

/// So many lines are shown of a run that has more.
const SHOWN: usize = 60;

/// So many of them are the first ones, if the run has no end: what its threads repeat began there.
const FIRST: usize = 40;

/// So many of them come after a panic: the fault is before it.
const AFTER_PANIC: usize = 8;

/// With more lines than this, threads that do the same one after another are put together, and what a thread repeats with
/// other values.
const PLENTY: usize = 40;

/// A line of a report.
pub(super) enum Line {
    /// The row with that number.
    Row(usize),
    /// That number of rows before it, over and over.
    Again {
        rows: usize,
        times: usize,
        /// The tasks that have repeated them, if they are others.
        by: Vec<usize>,
        /// In what the rows differ from those before.
        difference: Difference,
    },
    /// The part of the run that was not remembered.
    Forgotten,
    /// That number of rows, which are left out.
    LeftOut(usize),
}

impl Line {
    /// How many rows it stands for.
    fn len(&self, run: &Run) -> usize {
        match self {
            Self::Row(_) => 1,
            Self::Again { rows, times, .. } => rows * times,
            Self::Forgotten => run.forgotten,
            Self::LeftOut(rows) => *rows,
        }
    }
}

/// The lines of these rows, of which the first ones come before the part of the run that was not remembered.
pub(super) fn lines(run: &Run, rows: &[Row<'_>], before_gap: usize) -> Vec<Line> {
    let all = |is_again: fn(Difference) -> bool| {
        let mut lines = repeated(&rows[..before_gap], 0, is_again);
        if run.forgotten > 0 {
            lines.push(Line::Forgotten);
            lines.extend(repeated(&rows[before_gap..], before_gap, is_again));
        }
        lines
    };
    let mut lines = all(|difference| difference == Difference::default());
    if lines.len() > PLENTY {
        lines = all(|_| true);
    }
    if lines.len() > SHOWN {
        lines = shortened(run, rows, lines);
    }
    lines
}

/// Leaves out all but some of the lines.
fn shortened(run: &Run, rows: &[Row<'_>], lines: Vec<Line>) -> Vec<Line> {
    let decisive = decisive(run, rows);
    let is_panic = |line: &Line| match line {
        Line::Row(row) => matches!(
            rows[*row].happening,
            Happening::Step(_, step) if step.act == Act::Panics
        ),
        _ => false,
    };
    let panic = lines.iter().position(is_panic);
    let is_near = |at: usize| match (run.result, panic) {
        (Err(FailureKind::Endless), _) => at < FIRST || at + SHOWN - FIRST >= lines.len(),
        (_, Some(panic)) => {
            let end = (panic + 1 + AFTER_PANIC).min(lines.len());
            (end.saturating_sub(SHOWN)..end).contains(&at)
        }
        (_, None) => at + SHOWN >= lines.len(),
    };
    let is_shown =
        |at: usize| is_near(at) || matches!(&lines[at], Line::Row(row) if decisive.contains(row));
    let shown: Vec<_> = (0..lines.len()).map(is_shown).collect();
    let mut short: Vec<Line> = Vec::new();
    for (line, is_shown) in lines.into_iter().zip(shown) {
        // What the forgotten part was part of is left out as a whole.
        match short.last_mut() {
            _ if is_shown => short.push(line),
            Some(Line::LeftOut(rows)) => *rows += line.len(run),
            _ => short.push(Line::LeftOut(line.len(run))),
        }
    }
    short
}

/// The rows without which the end is not understood: where each task that waits has begun to wait, and where what is held
/// at the end was acquired.
fn decisive(run: &Run, rows: &[Row<'_>]) -> Vec<usize> {
    let mut decisive = Vec::new();
    for (task, known) in run.tasks.iter().enumerate() {
        let mut held = Vec::new();
        let mut wait = None;
        for (number, row) in rows.iter().enumerate() {
            match row.happening {
                Happening::Step(by, step) if *by == task => match step.act {
                    Act::Waits(_) => wait = Some(number),
                    Act::Acquires(_) => held.push((step.object(), number)),
                    Act::Releases => {
                        let is_it = |(object, _): &(_, usize)| *object == step.object();
                        let released = held.iter().rposition(is_it);
                        released.map(|at| held.remove(at));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        decisive.extend(wait.filter(|_| known.waits.is_some()));
        decisive.extend(held.into_iter().map(|(_, number)| number));
    }
    decisive
}

/// The lines of these rows, of which the first has that number: rows that repeat those before them, with no more difference
/// than `is_again` allows, are one line.
fn repeated(rows: &[Row<'_>], first: usize, is_again: fn(Difference) -> bool) -> Vec<Line> {
    /// The longest part of which a repetition is seen.
    const LONGEST: usize = 12;
    /// How many rows a repetition must have to be worth a line.
    const ENOUGH: usize = 4;
    let mut lines = Vec::new();
    let mut at = 0;
    while at < rows.len() {
        let part = (1..=LONGEST).find_map(|len| {
            let part = rows.get(at..at + len)?;
            let chunks = rows[at + len..].chunks(len);
            let alike = chunks.map_while(|chunk| {
                let difference = difference(part, chunk)?;
                is_again(difference).then_some((difference, chunk[0].happening.task()))
            });
            let mut alike: Vec<_> = alike.collect();
            let all = alike.iter().map(|(difference, _)| *difference);
            let difference = all.fold(Difference::default(), Difference::or);
            if difference.values || difference.threads {
                // The last time is shown, with the values at the end.
                alike.pop();
            }
            (len * alike.len() >= ENOUGH).then_some((len, alike, difference))
        });
        let (len, alike, difference) = part.unwrap_or((1, Vec::new(), Difference::default()));
        lines.extend((at..at + len).map(|row| Line::Row(first + row)));
        let times = alike.len();
        if times > 0 {
            let mut by = Vec::new();
            if difference.task {
                by.extend(alike.iter().map(|(_, task)| *task));
                by.sort_unstable();
                by.dedup();
            }
            lines.push(Line::Again {
                rows: len,
                times,
                by,
                difference,
            });
        }
        at += len * (times + 1);
    }
    lines
}

/// In what the rows of two parts differ, if they say the same otherwise. If the tasks are others, each part is the work of
/// one.
fn difference(part: &[Row<'_>], other: &[Row<'_>]) -> Option<Difference> {
    if part.len() != other.len() {
        return None;
    }
    let mut rows = part.iter().zip(other);
    let all = rows.try_fold(Difference::default(), |all, (a, b)| {
        Some(all.or(a.difference(b)?))
    })?;
    let is_of_one = |part: &[Row<'_>]| {
        let mut tasks = part.iter().map(|row| row.happening.task());
        let first = tasks.next();
        tasks.all(|task| Some(task) == first)
    };
    (!all.task || (is_of_one(part) && is_of_one(other))).then_some(all)
}
