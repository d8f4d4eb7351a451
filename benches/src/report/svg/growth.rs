//! A small chart for each series of a growing number.

use super::canvas::{Anchor, Canvas, Mark, Shape, Style};
use super::scale::Scale;
use super::tick;
use crate::harness::Unit;
use crate::report::Grid;
use crate::report::grid::Kind;
use crate::stats;

const ACROSS: usize = 4;
const WIDE: f64 = 300.0;
const HIGH: f64 = 280.0;
const TOP: f64 = 40.0;

/// Of the columns of a series.
const COLOURS: [&str; 3] = ["#d62728", "#0072b2", "#009e73"];

pub(super) fn draw(grids: &[&Grid], foot: &[String]) -> String {
    let rows = grids.len().div_ceil(ACROSS);
    let mut canvas = Canvas::new(ACROSS as f64 * WIDE);
    let heading = "growth: the time an operation takes, by the number of items";
    canvas.text(14.0, 22.0, Anchor::Start, Style::Heading, heading);
    for (at, grid) in grids.iter().enumerate() {
        let left = (at % ACROSS) as f64 * WIDE + 60.0;
        let top = TOP + (at / ACROSS) as f64 * HIGH;
        series(&mut canvas, grid, left, top);
    }
    canvas.finish(TOP + HIGH * rows as f64 - 20.0, foot)
}

fn series(canvas: &mut Canvas, grid: &Grid, left: f64, top: f64) {
    let right = left + WIDE - 80.0;
    let (high, low) = (top + 34.0, top + 170.0);
    canvas.text(left, top + 14.0, Anchor::Start, Style::Plain, &grid.title);
    if let Some(memory) = memory(grid) {
        let memory = match memory {
            1e4.. => format!("{:.1} kB each", memory / 1e3),
            _ => format!("{memory:.0} B each"),
        };
        canvas.text(right, top + 14.0, Anchor::End, Style::Note, &memory);
    }

    let columns: Vec<(usize, &str)> = (grid.columns.iter().enumerate())
        .filter(|(_, column)| column.kind == Kind::Time)
        .map(|(at, column)| (at, column.name))
        .collect();
    let points = |column: usize| {
        grid.rows.iter().filter_map(move |(number, figures)| {
            let number: f64 = number.parse().ok()?;
            Some((number, figures[column].filter(|time| *time > 0.0)?))
        })
    };
    let all = || columns.iter().flat_map(|(column, _)| points(*column));
    let x = Scale::of(all().map(|(number, _)| number), left, right);
    let y = Scale::of(all().map(|(_, time)| time), low, high);
    for time in y.ticks(5) {
        canvas.line((left, y.at(time)), (right, y.at(time)));
        let text = tick(Unit::Nanoseconds, time);
        canvas.text(
            left - 6.0,
            y.at(time) + 4.0,
            Anchor::End,
            Style::Plain,
            &text,
        );
    }
    let ticks = x.ticks(6);
    // Every second one, if there is not enough space for all.
    for number in ticks.iter().step_by(ticks.len().div_ceil(6)) {
        let text = short(*number);
        canvas.text(
            x.at(*number),
            low + 18.0,
            Anchor::Middle,
            Style::Plain,
            &text,
        );
    }
    for (at, (column, name)) in columns.iter().enumerate() {
        let points: Vec<(f64, f64)> = points(*column).collect();
        let name = format!("{name}, exponent {:.2}", stats::exponent(&points));
        let places: Vec<(f64, f64)> = (points.iter())
            .map(|(number, time)| (x.at(*number), y.at(*time)))
            .collect();
        let mark = Mark {
            shape: Shape::Circle,
            colour: COLOURS[at % COLOURS.len()],
        };
        canvas.curve(&places, mark.colour);
        let line = low + 38.0 + 18.0 * at as f64;
        canvas.legend(left + 4.0, line, [(name.as_str(), mark)].into_iter());
    }
}

/// The memory of an item among the most, where it is exact.
fn memory(grid: &Grid) -> Option<f64> {
    let column = grid
        .columns
        .iter()
        .position(|column| column.kind == Kind::Bytes)?;
    grid.rows.last()?.1[column]
}

/// A number with a letter for its zeros.
fn short(number: f64) -> String {
    match number {
        1e6.. => format!("{} M", number / 1e6),
        1e3.. => format!("{} k", number / 1e3),
        _ => format!("{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_has_its_exponents_and_memory() {
        let chart = draw(&[&crate::report::grid::tests::grid()], &[]);
        for part in ["items", "16 B each", "an item, exponent 0.70"] {
            assert!(chart.contains(part), "{part} in {chart}");
        }
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([1.0, 5e4, 1e7].map(short), ["1", "50 k", "10 M"]);
    }
}
