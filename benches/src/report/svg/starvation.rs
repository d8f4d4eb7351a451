//! Each lock in each table of contention: to the right is faster, down is a shorter wait.

use super::canvas::{Anchor, Canvas, Style};
use super::peers::{Peers, is_ours};
use super::scale::Scale;
use super::{ratio_tick, tick};
use crate::harness::Unit;
use crate::report::Report;

const LEFT: f64 = 84.0;
const RIGHT: f64 = 720.0;
const HIGH: f64 = 64.0;
const LOW: f64 = 420.0;

pub(super) fn draw(reports: &[&Report], foot: &[String]) -> String {
    let mut points: Vec<(&str, f64, f64)> = (reports.iter())
        .flat_map(|report| report.rows.iter())
        .filter(|row| !row.name.ends_with(" again"))
        .filter_map(|row| {
            let wait = row.worst_wait?.median.as_nanos() as f64;
            (wait > 0.0).then_some((row.name.as_str(), row.ratio.mid, wait))
        })
        .collect();
    // On top of the others.
    points.sort_by_key(|(name, ..)| is_ours(name));
    let peers = Peers::of(points.iter().map(|(name, ..)| *name));
    let x = Scale::of(points.iter().map(|(_, ratio, _)| *ratio), LEFT, RIGHT);
    let y = Scale::of(points.iter().map(|(.., wait)| *wait), LOW, HIGH);

    let mut canvas = Canvas::new(1000.0);
    let heading = "contended: the usual worst wait for a lock, and its throughput";
    canvas.text(14.0, 22.0, Anchor::Start, Style::Heading, heading);
    let about =
        "a mark for each number of threads and length of holds; further down and right is better";
    canvas.text(14.0, 42.0, Anchor::Start, Style::Note, about);
    for wait in y.ticks(8) {
        canvas.line((LEFT, y.at(wait)), (RIGHT, y.at(wait)));
        let text = tick(Unit::Nanoseconds, wait);
        canvas.text(
            LEFT - 8.0,
            y.at(wait) + 4.0,
            Anchor::End,
            Style::Plain,
            &text,
        );
    }
    for ratio in x.ticks(8) {
        match ratio == 1.0 {
            true => canvas.strong_line((x.at(ratio), HIGH), (x.at(ratio), LOW)),
            false => canvas.line((x.at(ratio), HIGH), (x.at(ratio), LOW)),
        }
        let text = ratio_tick(ratio);
        canvas.text(x.at(ratio), LOW + 18.0, Anchor::Middle, Style::Plain, &text);
    }
    let axis = format!(
        "operations a second, as a ratio to {} (logarithmic)",
        reports[0].rows[0].name
    );
    let middle = f64::midpoint(LEFT, RIGHT);
    canvas.text(middle, LOW + 36.0, Anchor::Middle, Style::Note, &axis);
    for (name, ratio, wait) in points {
        canvas.mark(x.at(ratio), y.at(wait), peers.mark(name));
    }
    canvas.legend(RIGHT + 40.0, HIGH + 10.0, peers.legend());
    canvas.finish(LOW + 36.0, foot)
}
