//! A line for each table, with a mark for each peer at its figure.

use super::canvas::{Anchor, Canvas, Style};
use super::peers::{Peers, is_ours};
use super::scale::Scale;
use super::{ratio_tick, tick};
use crate::harness::Unit;
use crate::report::{Grid, Report};

const WIDE: f64 = 1000.0;
/// The ends of the scale; to the left are the names of the lines, to the right is the legend.
const LEFT: f64 = 310.0;
const RIGHT: f64 = 765.0;
const TOP: f64 = 40.0;
const LINE: f64 = 42.0;

/// Marks nearer than this would hide each other.
const NEAR: f64 = 10.0;

/// As many characters fit before a line.
const LONGEST: usize = 46;

struct Line<'a> {
    title: String,
    /// What stands under it.
    note: String,
    /// The peers and their figures.
    marks: Vec<(&'a str, f64)>,
}

struct League<'a> {
    heading: String,
    lines: Vec<Line<'a>>,
    /// What stands at a tick.
    tick: fn(f64) -> String,
    axis: String,
    /// Whether 1 is the figure to compare with.
    ratios: bool,
}

/// The ratios of all peers in each table.
pub(super) fn of_ratios(topic: &str, reports: &[&Report], foot: &[String]) -> String {
    let unit = reports[0].unit;
    let lines = reports.iter().map(|report| {
        let rows = report.rows.iter();
        let peers = rows.filter(|row| !row.name.ends_with(" again"));
        Line {
            title: report.title.clone(),
            note: format!(
                "1 = {}, {}",
                report.rows[0].name,
                unit.show(report.baseline.mid)
            ),
            marks: peers
                .map(|row| (row.name.as_str(), row.ratio.mid))
                .collect(),
        }
    });
    let axis = match unit {
        Unit::Nanoseconds => "time an operation, as a ratio (logarithmic); further left is better",
        Unit::PerSecond => "operations a second, as a ratio (logarithmic); further right is better",
    };
    let league = League {
        heading: format!("{topic}: threadkit and its peers"),
        lines: lines.collect(),
        tick: ratio_tick,
        axis: axis.into(),
        ratios: true,
    };
    league.draw(foot)
}

/// The waits of all peers: readers and writers of a table have a line each.
pub(super) fn of_waits(grids: &[&Grid], foot: &[String]) -> String {
    const COLUMN: &str = "p99.9";
    let mut lines: Vec<Line<'_>> = Vec::new();
    for grid in grids {
        let column = grid.columns.iter().position(|it| it.name == COLUMN);
        let first = lines.len();
        for (name, figures) in &grid.rows {
            let Some(wait) = column.and_then(|column| figures[column]) else {
                continue;
            };
            let (peer, note) = name.split_once(", ").unwrap_or((name, ""));
            let known = lines[first..].iter().position(|line| line.note == note);
            let at = known.map_or(lines.len(), |at| first + at);
            if at == lines.len() {
                lines.push(Line {
                    title: grid.title.clone(),
                    note: note.into(),
                    marks: Vec::new(),
                });
            }
            lines[at].marks.push((peer, wait));
        }
    }
    let league = League {
        heading: "waits: threadkit and its peers".into(),
        lines,
        tick: |wait| tick(Unit::Nanoseconds, wait),
        axis: "one of 1,000 waits takes longer than this (logarithmic); further left is better"
            .into(),
        ratios: false,
    };
    league.draw(foot)
}

impl League<'_> {
    fn draw(&self, foot: &[String]) -> String {
        let all = || self.lines.iter().flat_map(|line| line.marks.iter());
        let peers = Peers::of(all().map(|(name, _)| *name));
        let figures = all().map(|(_, figure)| *figure);
        let scale = Scale::of(figures.filter(|figure| *figure > 0.0), LEFT, RIGHT);
        let bottom = TOP + LINE * self.lines.len() as f64;

        let mut canvas = Canvas::new(WIDE);
        canvas.text(14.0, 22.0, Anchor::Start, Style::Heading, &self.heading);
        for tick in scale.ticks(9) {
            let x = scale.at(tick);
            match self.ratios && tick == 1.0 {
                true => canvas.strong_line((x, TOP - 8.0), (x, bottom)),
                false => canvas.line((x, TOP - 8.0), (x, bottom)),
            }
            let text = (self.tick)(tick);
            canvas.text(x, bottom + 16.0, Anchor::Middle, Style::Plain, &text);
        }
        let middle = f64::midpoint(LEFT, RIGHT);
        canvas.text(
            middle,
            bottom + 34.0,
            Anchor::Middle,
            Style::Note,
            &self.axis,
        );
        for (at, line) in self.lines.iter().enumerate() {
            let y = TOP + LINE * (at as f64 + 0.5);
            canvas.line((LEFT, y), (RIGHT, y));
            let (title, note) = line.texts();
            let above = if note.is_empty() { 4.0 } else { -1.0 };
            canvas.text(LEFT - 14.0, y + above, Anchor::End, Style::Plain, title);
            canvas.text(LEFT - 14.0, y + 13.0, Anchor::End, Style::Note, &note);
            for (name, x, aside) in line.placed(scale) {
                canvas.mark(x, y + aside, peers.mark(name));
            }
        }
        canvas.legend(RIGHT + 30.0, TOP + 10.0, peers.legend());
        let legend = TOP + 10.0 + 19.0 * peers.len() as f64;
        canvas.finish((bottom + 34.0).max(legend), foot)
    }
}

impl<'a> Line<'a> {
    /// The title, and what stands under it: also the rest of a title that is too long.
    fn texts(&self) -> (&str, String) {
        match self.title.split_once(", ") {
            Some((title, rest)) if self.title.chars().count() > LONGEST => {
                let both = [rest, &self.note];
                let both = both.into_iter().filter(|text| !text.is_empty());
                (title, both.collect::<Vec<_>>().join("; "))
            }
            _ => (&self.title, self.note.clone()),
        }
    }

    /// The marks with their distance from the line, so that none hides another; threadkit's come last, on top.
    fn placed(&self, scale: Scale) -> Vec<(&'a str, f64, f64)> {
        let mut marks: Vec<(&str, f64)> = self
            .marks
            .iter()
            .filter(|(_, figure)| *figure > 0.0)
            .map(|(name, figure)| (*name, scale.at(*figure)))
            .collect();
        marks.sort_by(|a, b| a.1.total_cmp(&b.1));
        // The rightmost mark at each distance from the line.
        let mut rightmost = [0.0, -8.0, 8.0, -16.0, 16.0].map(|aside| (aside, f64::NEG_INFINITY));
        let mut placed: Vec<_> = marks
            .into_iter()
            .map(|(name, x)| {
                let free = rightmost.iter().position(|(_, last)| x - last >= NEAR);
                let place = &mut rightmost[free.unwrap_or(0)];
                place.1 = x;
                (name, x, place.0)
            })
            .collect();
        placed.sort_by_key(|(name, ..)| is_ours(name));
        placed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_league_shows_every_peer_and_its_figures() {
        let report = crate::report::tests::report();
        let chart = of_ratios("topic", &[&report], &["the foot".into()]);
        for part in [
            "2 threads",
            "1 = base, 100/s",
            ">base<",
            ">peer<",
            "operations a second",
            "the foot",
        ] {
            assert!(chart.contains(part), "{part} in {chart}");
        }
        assert_eq!(
            chart.matches("<circle").count(),
            4,
            "two marks, and two in the legend"
        );
    }

    #[test]
    fn marks_do_not_hide_each_other() {
        let line = Line {
            title: String::new(),
            note: String::new(),
            marks: vec![("Lock", 1.0), ("a", 1.0), ("b", 1.01), ("c", 9.0)],
        };
        let placed = line.placed(Scale::of([1.0, 9.0].into_iter(), 0.0, 100.0));
        assert_eq!(placed.last().map(|mark| mark.0), Some("Lock"));
        for (at, mark) in placed.iter().enumerate() {
            for other in &placed[..at] {
                let apart = (mark.1 - other.1).abs() >= NEAR || mark.2 != other.2;
                assert!(apart, "{mark:?} {other:?}");
            }
        }
    }

    #[test]
    fn readers_and_writers_have_lines_of_their_own() {
        let grid = Grid {
            topic: "waits",
            title: "a lock".into(),
            about: String::new(),
            rows_are: "peer",
            columns: vec![crate::report::Column::time("p99.9")],
            rows: ["std RwLock, readers", "std RwLock, writers"]
                .map(|name| (name.into(), vec![Some(1e6)]))
                .into(),
            result: None,
        };
        let chart = of_waits(&[&grid], &[]);
        assert_eq!(chart.matches(">a lock<").count(), 2);
        assert_eq!(chart.matches("<circle").count(), 3);
    }
}
