//! A line for each table, with a mark for each peer at its figure.

use super::canvas::{self, Anchor, Canvas, Style};
use super::peers::{self, is_ours};
use super::scale::Scale;
use super::{ratio_tick, tick};
use crate::harness::Unit;
use crate::report::{Grid, Report};

const WIDE: f64 = 1000.0;
/// The ends of the scale; to the left are the names of the lines, to the right is the legend.
const LEFT: f64 = 310.0;
const RIGHT: f64 = 765.0;
const TOP: f64 = 40.0;
/// The least height of a line.
const LINE: f64 = 42.0;

/// Marks nearer than this would hide each other.
const NEAR: f64 = 10.0;

/// Where a mark is placed beside its line, if others are near it.
const ASIDE: [f64; 7] = [
    0.0,
    -NEAR,
    NEAR,
    -2.0 * NEAR,
    2.0 * NEAR,
    -3.0 * NEAR,
    3.0 * NEAR,
];

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
    let lines = reports.iter().map(|report| Line {
        title: report.title.clone(),
        note: format!(
            "1 = {}, {}",
            report.rows[0].name,
            unit.show(report.baseline.mid)
        ),
        marks: report
            .peers()
            .map(|row| (row.name.as_str(), row.ratio.mid))
            .collect(),
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
        let figures = all().map(|(_, figure)| *figure);
        let scale = Scale::of(figures.filter(|figure| *figure > 0.0), LEFT, RIGHT);
        let placed: Vec<_> = self.lines.iter().map(|line| line.placed(scale)).collect();
        let bottom = TOP + placed.iter().map(|marks| height(marks)).sum::<f64>();

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
        let mut top = TOP;
        for (line, marks) in self.lines.iter().zip(&placed) {
            let y = top + height(marks) / 2.0;
            top += height(marks);
            canvas.line((LEFT, y), (RIGHT, y));
            let texts = line.texts();
            let first = y + 4.0 - 7.0 * (texts.len() - 1) as f64;
            for (at, text) in texts.iter().enumerate() {
                let style = if at == 0 { Style::Plain } else { Style::Note };
                let y = first + 14.0 * at as f64;
                canvas.text(LEFT - 14.0, y, Anchor::End, style, text);
            }
            for (name, x, aside) in marks {
                canvas.mark(*x, y + aside, peers::mark(name));
            }
        }
        let legend = peers::legend(all().map(|(name, _)| *name));
        let low = TOP + 10.0 + canvas::LINE * legend.len() as f64;
        canvas.legend(RIGHT + 30.0, TOP + 10.0, legend.into_iter());
        canvas.finish((bottom + 34.0).max(low), foot)
    }
}

/// The height of a line with these marks, so that none comes near those of the next line.
fn height(marks: &[(&str, f64, f64)]) -> f64 {
    let asides = marks.iter().map(|(.., aside)| aside.abs());
    LINE.max(2.0 * asides.fold(0.0, f64::max) + 2.0 * NEAR)
}

impl<'a> Line<'a> {
    /// The title, and what stands under it: also the rest of a title that is too long.
    fn texts(&self) -> Vec<String> {
        let fits = |text: &str| text.chars().count() <= LONGEST;
        let (title, rest) = match self.title.split_once(", ") {
            Some(parts) if !fits(&self.title) => parts,
            _ => (self.title.as_str(), ""),
        };
        let both = format!("{rest}; {}", self.note);
        let texts = match fits(&both) && !rest.is_empty() && !self.note.is_empty() {
            true => [title, &both, ""],
            false => [title, rest, &self.note],
        };
        let texts = texts.into_iter().filter(|text| !text.is_empty());
        texts.map(String::from).collect()
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
        let mut rightmost = ASIDE.map(|aside| (aside, f64::NEG_INFINITY));
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
    fn long_titles_are_divided() {
        let texts = |title: &str, note: &str| {
            let (title, note, marks) = (title.into(), note.into(), Vec::new());
            Line { title, note, marks }.texts()
        };
        let long = "a title that is too long for one line, rest";
        let longer = format!("{long} that is long");
        assert_eq!(texts("title, rest", ""), ["title, rest"]);
        assert_eq!(texts(long, "note"), [long, "note"]);
        let title = "a title that is too long for one line";
        assert_eq!(texts(&longer, ""), [title, "rest that is long"]);
        assert_eq!(texts(&longer, "note"), [title, "rest that is long; note"]);
        let note = "a note that needs a line of its own";
        assert_eq!(texts(&longer, note), [title, "rest that is long", note]);
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
        assert_eq!(chart.matches("<polygon").count(), 3);
    }
}
