//! A report as an aligned table for the terminal.

use std::fmt::{self, Display};
use std::time::Duration;

use super::{Report, Row};
use crate::harness::Unit;

/// Printed in cells without a value.
const NOTHING: &str = "-";

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |figure| self.unit.show(figure);
        writeln!(f, "{}: {}", self.topic, self.title)?;
        writeln!(
            f,
            "{}; {} {} ({})",
            self.unit.about(),
            self.rows[0].name,
            show(self.baseline.mid),
            match self.rounds {
                1 => "1 round".into(),
                rounds => format!(
                    "half of {rounds} rounds: {} to {}",
                    show(self.baseline.low),
                    show(self.baseline.high)
                ),
            },
        )?;

        let contended = self.rows.iter().any(|row| row.fairness.is_some());
        let burns = self.rows.iter().any(|row| row.cpu.is_some());
        let mut heading = vec!["peer", "ratio", "spread"];
        if burns {
            heading.push("CPU");
        }
        if contended {
            heading.extend(["fairness", "worst wait", "usual worst"]);
        }
        let heading = heading.into_iter().map(String::from).collect();
        let rows = self
            .rows
            .iter()
            .enumerate()
            .map(|(index, row)| cells(row, index == 0, burns, contended));
        f.write_str(&align(
            &[heading]
                .into_iter()
                .chain(rows)
                .collect::<Vec<Vec<String>>>(),
        ))
    }
}

/// The cells of a row.
fn cells(row: &Row, baseline: bool, burns: bool, contended: bool) -> Vec<String> {
    let spread = if baseline {
        NOTHING.into()
    } else {
        format!("{:.3} to {:.3}", row.ratio.low, row.ratio.high)
    };
    let mut cells = vec![row.name.clone(), format!("{:.3}", row.ratio.mid), spread];
    let or_nothing = |cell: Option<String>| cell.unwrap_or_else(|| NOTHING.into());
    if burns {
        let cpu = row.cpu.map(|cpu| Unit::Nanoseconds.show(cpu));
        cells.push(or_nothing(cpu));
    }
    if contended {
        let wait = |wait: Duration| Unit::Nanoseconds.show(wait.as_nanos() as f64);
        cells.push(or_nothing(row.fairness.map(|share| format!("{share:.3}"))));
        cells.push(or_nothing(row.worst_wait.map(|worst| wait(worst.max))));
        cells.push(or_nothing(row.worst_wait.map(|worst| wait(worst.median))));
    }
    cells
}

/// Aligns the cells in columns, the first to the left and the figures to the right.
pub(super) fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        text += &format!("  {:<1$}", row[0], widths[0]);
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            text += &format!("  {cell:>width$}");
        }
        text.push('\n');
    }
    text.pop();
    text
}

#[cfg(test)]
mod tests {
    use crate::harness::{Measured, Sample};
    use crate::report::{Report, Unit};

    #[test]
    fn one_round_has_no_spread() {
        let found = [Measured {
            name: "one".into(),
            samples: vec![Sample::new(1.0)],
        }];
        let text = Report::new("topic", "title".into(), Unit::Nanoseconds, &found).to_string();
        assert!(text.contains("one 1.00 ns (1 round)\n"), "{text}");
    }

    #[test]
    fn columns_line_up() {
        let text = super::super::tests::report().to_string();
        let expected = "\
topic: 2 threads
operations a second, higher is better; base 100/s (half of 3 rounds: 100/s to 150/s)
  peer  ratio          spread     CPU  fairness  worst wait  usual worst
  base  1.000               -  100 ms     0.700     3.00 ms      2.00 ms
  peer  1.000  0.750 to 1.250  100 ms     0.100      900 ms      30.0 ms";
        assert_eq!(text, expected);
    }
}
