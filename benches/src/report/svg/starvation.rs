//! A panel for each table of contention, all with the same scales, and in it a mark for each lock: to the right is
//! faster, down is a shorter wait.

use super::canvas::{Anchor, Canvas, Style};
use super::peers::{self, is_ours};
use super::scale::Scale;
use super::{ratio_tick, tick};
use crate::harness::Unit;
use crate::report::Report;

/// As many as there are lengths of holds, so that a row has one number of threads.
const ACROSS: usize = 4;
/// The place of the first panel; to the left are the figures of its scale.
const LEFT: f64 = 70.0;
const TOP: f64 = 84.0;
/// The size of a panel, and the space from it to its neighbours.
const WIDE: f64 = 205.0;
const HIGH: f64 = 255.0;
const BESIDE: f64 = 15.0;
const BELOW: f64 = 60.0;
/// All panels of a row, and the legend.
const WIDTH: f64 = 1160.0;

pub(super) fn draw(reports: &[&Report], foot: &[String]) -> String {
    let panels: Vec<_> = reports.iter().map(|report| points(report)).collect();
    let all = || panels.iter().flatten();
    let x = Scale::of(all().map(|(_, ratio, _)| *ratio), 0.0, WIDE);
    let y = Scale::of(all().map(|(.., wait)| *wait), HIGH, 0.0);

    let mut canvas = Canvas::new(WIDTH);
    let heading = "contended: the worst wait for a lock, and its throughput";
    canvas.text(14.0, 22.0, Anchor::Start, Style::Heading, heading);
    canvas.text(14.0, 40.0, Anchor::Start, Style::Note, &about(reports[0]));
    for (at, (report, points)) in reports.iter().zip(&panels).enumerate() {
        let (column, row) = ((at % ACROSS) as f64, (at / ACROSS) as f64);
        let (left, top) = (LEFT + (WIDE + BESIDE) * column, TOP + (HIGH + BELOW) * row);
        let (end, low) = (left + WIDE, top + HIGH);
        let middle = f64::midpoint(left, end);
        let title = &report.title;
        canvas.text(middle, top - 10.0, Anchor::Middle, Style::Plain, title);
        for wait in y.ticks(8) {
            let y = top + y.at(wait);
            canvas.line((left, y), (end, y));
            if column == 0.0 {
                let text = tick(Unit::Nanoseconds, wait);
                canvas.text(left - 8.0, y + 4.0, Anchor::End, Style::Plain, &text);
            }
        }
        for ratio in x.ticks(6) {
            let x = left + x.at(ratio);
            match ratio == 1.0 {
                true => canvas.strong_line((x, top), (x, low)),
                false => canvas.line((x, top), (x, low)),
            }
            let text = ratio_tick(ratio);
            canvas.text(x, low + 16.0, Anchor::Middle, Style::Plain, &text);
        }
        for (name, ratio, wait) in points {
            canvas.mark(left + x.at(*ratio), top + y.at(*wait), peers::mark(name));
        }
    }
    let names = reports.iter().flat_map(|report| report.peers());
    let legend = peers::legend(names.map(|row| row.name.as_str()));
    let columns = reports.len().min(ACROSS) as f64;
    let right = LEFT + (WIDE + BESIDE) * columns;
    canvas.legend(right + 10.0, TOP + 10.0, legend.into_iter());
    let rows = reports.len().div_ceil(ACROSS) as f64;
    canvas.finish(TOP + (HIGH + BELOW) * rows - BELOW + 16.0, foot)
}

/// The locks of a table with their throughput and wait; threadkit's come last, on top, and the first of them on
/// top of all.
fn points(report: &Report) -> Vec<(&str, f64, f64)> {
    let mut points: Vec<(&str, f64, f64)> = (report.peers())
        .filter_map(|row| {
            let wait = row.worst_wait?.median.as_nanos() as f64;
            (wait > 0.0).then_some((row.name.as_str(), row.ratio.mid, wait))
        })
        .collect();
    points.reverse();
    points.sort_by_key(|(name, ..)| is_ours(name));
    points
}

/// What the two scales are, and how to read them.
fn about(report: &Report) -> String {
    let figures = match report.rounds {
        1 => "from 1 round".into(),
        rounds => format!("medians of {rounds} rounds"),
    };
    let baseline = &report.rows[0].name;
    format!(
        "up: the longest wait of a round; across: operations a second, as a ratio to {baseline}; \
         {figures}; logarithmic; further down and right is better"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_for_each_table() {
        let report = crate::report::tests::report();
        let chart = draw(&[&report, &report], &["the foot".into()]);
        assert_eq!(chart.matches(">2 threads<").count(), 2);
        for part in ["ratio to base", "medians of 3 rounds", ">peer<", "the foot"] {
            assert!(chart.contains(part), "{part} in {chart}");
        }
        assert_eq!(
            chart.matches("<circle").count(),
            6,
            "two marks in each panel, and two in the legend"
        );
    }
}
