//! Charts of the results, as SVG.
//!
//! - `starvation.svg`: throughput and usual worst wait of the locks of the topic `contended`.
//! - `growth.svg`: the series of the topic `growth`.
//! - `league-TOPIC.svg`: the ratios of all peers in each table of a topic.
//!
//! The charts have no background, and their colours suit a light page and a dark one.

use std::fmt::Write as _;

use super::grid::Kind;
use super::{Grid, Report};
use crate::harness::Unit;
use crate::machine::Machine;

/// Colours that can be told apart, also by most people who do not see all colours.
const COLOURS: [&str; 11] = [
    "#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#0072b2", "#999999", "#b8a000",
    "#8c564b", "#7f7fff", "#17becf",
];

/// All charts that can be drawn of these results, with the names of their files.
pub(crate) fn charts(
    machine: &Machine,
    command: &str,
    reports: &[Report],
    grids: &[Grid],
) -> Vec<(String, String)> {
    let foot = format!("{command}; {machine}");
    let mut charts = Vec::new();
    let contended: Vec<&Report> = reports
        .iter()
        .filter(|report| report.topic == "contended")
        .collect();
    if !contended.is_empty() {
        charts.push(("starvation.svg".into(), starvation(&contended, &foot)));
    }
    let grown: Vec<&Grid> = grids.iter().filter(|grid| grid.topic == "growth").collect();
    if !grown.is_empty() {
        charts.push(("growth.svg".into(), growth(&grown, &foot)));
    }
    let mut topics: Vec<&str> = reports.iter().map(|report| report.topic).collect();
    topics.dedup();
    for topic in topics {
        let of_it: Vec<&Report> = reports.iter().filter(|it| it.topic == topic).collect();
        charts.push((format!("league-{topic}.svg"), league(topic, &of_it, &foot)));
    }
    charts
}

/// A picture under construction.
struct Canvas {
    width: f64,
    height: f64,
    body: String,
}

/// Where the text stands beside its point.
#[derive(Clone, Copy)]
enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    fn new(width: f64, height: f64) -> Self {
        let body = String::new();
        Self {
            width,
            height,
            body,
        }
    }

    fn text(&mut self, x: f64, y: f64, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let _ = writeln!(
            self.body,
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#
        );
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let _ = writeln!(
            self.body,
            r#"<path d="M{:.1} {:.1}L{:.1} {:.1}"/>"#,
            from.0, from.1, to.0, to.1
        );
    }

    fn curve(&mut self, points: &[(f64, f64)], colour: &str) {
        let points: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let _ = writeln!(
            self.body,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/>"#,
            points.join(" ")
        );
    }

    fn dot(&mut self, x: f64, y: f64, colour: &str) {
        let _ = writeln!(
            self.body,
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="4" fill="{colour}" fill-opacity="0.85"/>"#
        );
    }

    /// One entry under another, from that point on.
    fn legend(&mut self, x: f64, y: f64, names: &[&str]) {
        for (at, name) in names.iter().enumerate() {
            let y = y + 18.0 * at as f64;
            self.dot(x, y - 4.0, colour(at));
            self.text(x + 10.0, y, Anchor::Start, name);
        }
    }

    fn finish(self, foot: &str) -> String {
        let (width, height) = (self.width, self.height);
        let mut end = Self::new(width, height);
        end.text(width / 2.0, height - 8.0, Anchor::Middle, foot);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\">\n\
             <style>text{{font:12px sans-serif;fill:#333}}path{{stroke:#8886;fill:none}}\
             @media(prefers-color-scheme:dark){{text{{fill:#ccc}}}}</style>\n{}{}</svg>\n",
            self.body, end.body
        )
    }
}

fn colour(at: usize) -> &'static str {
    COLOURS[at % COLOURS.len()]
}

/// A scale on which each power of ten takes the same space.
#[derive(Clone, Copy)]
struct Scale {
    least: f64,
    most: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// Wide enough for all values, which are above zero, up to whole powers of ten.
    fn of(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let most = values.fold(0.0, f64::max);
        Self {
            least: 10_f64.powf(least.log10().floor()),
            most: 10_f64.powf(most.log10().ceil()),
            from,
            to,
        }
    }

    fn at(self, value: f64) -> f64 {
        let width = (self.most / self.least).log10().max(1e-9);
        self.from + (self.to - self.from) * (value / self.least).log10() / width
    }

    /// The powers of ten on it.
    fn marks(self) -> impl Iterator<Item = f64> {
        let tens = (self.most / self.least).log10().round() as i32;
        (0..=tens).map(move |ten| self.least * 10_f64.powi(ten))
    }
}

/// Each lock in each table: to the right is faster, down is a shorter wait.
fn starvation(reports: &[&Report], foot: &str) -> String {
    let mut canvas = Canvas::new(1000.0, 460.0);
    let points = || {
        reports.iter().flat_map(|report| {
            report.rows.iter().enumerate().filter_map(|(at, row)| {
                let wait = row.worst_wait?.median.as_nanos() as f64;
                (!row.name.ends_with(" again") && wait > 0.0).then_some((at, row, wait))
            })
        })
    };
    let x = Scale::of(points().map(|(_, row, _)| row.ratio.mid), 80.0, 620.0);
    let y = Scale::of(points().map(|(_, _, wait)| wait), 400.0, 30.0);
    for mark in y.marks() {
        canvas.line((80.0, y.at(mark)), (620.0, y.at(mark)));
        canvas.text(
            74.0,
            y.at(mark) + 4.0,
            Anchor::End,
            &Unit::Nanoseconds.show(mark),
        );
    }
    for mark in x.marks() {
        canvas.line((x.at(mark), 30.0), (x.at(mark), 400.0));
        canvas.text(x.at(mark), 416.0, Anchor::Middle, &format!("{mark}"));
    }
    canvas.text(
        80.0,
        18.0,
        Anchor::Start,
        "usual worst wait for a contended lock, a dot for each number of threads and length of holds",
    );
    let about = format!("throughput, {} = 1", reports[0].rows[0].name);
    canvas.text(350.0, 434.0, Anchor::Middle, &about);
    let mut names: Vec<&str> = Vec::new();
    for (_, row, wait) in points() {
        let at = position(&mut names, &row.name);
        canvas.dot(x.at(row.ratio.mid), y.at(wait), colour(at));
    }
    canvas.legend(650.0, 60.0, &names);
    canvas.finish(foot)
}

/// The place of a name in the list, to whose end it is added if it is new.
fn position<'a>(names: &mut Vec<&'a str>, name: &'a str) -> usize {
    match names.iter().position(|known| *known == name) {
        Some(at) => at,
        None => {
            names.push(name);
            names.len() - 1
        }
    }
}

/// A small chart for each series, four in a row.
fn growth(grids: &[&Grid], foot: &str) -> String {
    const WIDE: f64 = 300.0;
    const HIGH: f64 = 230.0;
    let rows = grids.len().div_ceil(4);
    let mut canvas = Canvas::new(4.0 * WIDE, HIGH * rows as f64 + 24.0);
    for (at, grid) in grids.iter().enumerate() {
        let (left, top) = ((at % 4) as f64 * WIDE, (at / 4) as f64 * HIGH);
        canvas.text(left + 56.0, top + 16.0, Anchor::Start, &grid.title);
        let times: Vec<usize> = (0..grid.columns.len())
            .filter(|column| grid.columns[*column].kind == Kind::Time)
            .collect();
        let value = |row: &(String, Vec<Option<f64>>), column: usize| row.1[column];
        let numbers = grid.rows.iter().filter_map(|row| row.0.parse::<f64>().ok());
        let all = grid
            .rows
            .iter()
            .flat_map(|row| times.iter().filter_map(|column| value(row, *column)));
        let x = Scale::of(numbers, left + 56.0, left + WIDE - 16.0);
        let y = Scale::of(all, top + 150.0, top + 26.0);
        for mark in y.marks() {
            canvas.line((left + 56.0, y.at(mark)), (left + WIDE - 16.0, y.at(mark)));
            canvas.text(
                left + 52.0,
                y.at(mark) + 4.0,
                Anchor::End,
                &Unit::Nanoseconds.show(mark),
            );
        }
        for mark in x.marks() {
            let power = format!("10^{:.0}", mark.log10());
            canvas.text(x.at(mark), top + 166.0, Anchor::Middle, &power);
        }
        for (place, column) in times.iter().enumerate() {
            let points: Vec<(f64, f64)> = grid
                .rows
                .iter()
                .filter_map(|row| Some((x.at(row.0.parse().ok()?), y.at(value(row, *column)?))))
                .collect();
            canvas.curve(&points, colour(place));
        }
        let names: Vec<&str> = times
            .iter()
            .map(|column| grid.columns[*column].name)
            .collect();
        for (place, name) in names.iter().enumerate() {
            let x = left + 60.0 + 84.0 * place as f64;
            canvas.dot(x, top + 184.0, colour(place));
            canvas.text(x + 8.0, top + 188.0, Anchor::Start, name);
        }
    }
    canvas.finish(foot)
}

/// A line for each table, with a dot for each peer at its ratio.
fn league(topic: &str, reports: &[&Report], foot: &str) -> String {
    const LINE: f64 = 24.0;
    let mut names: Vec<&str> = Vec::new();
    for report in reports {
        for row in report
            .rows
            .iter()
            .filter(|row| !row.name.ends_with(" again"))
        {
            position(&mut names, &row.name);
        }
    }
    let lines = reports.len().max(names.len() * 3 / 4 + 1) as f64;
    let mut canvas = Canvas::new(1000.0, 76.0 + LINE * lines + 30.0);
    let bottom = 40.0 + LINE * reports.len() as f64;
    let ratios = reports
        .iter()
        .flat_map(|report| report.rows.iter().map(|row| row.ratio.mid))
        .filter(|ratio| *ratio > 0.0);
    let x = Scale::of(ratios, 300.0, 760.0);
    canvas.text(
        300.0,
        18.0,
        Anchor::Start,
        &format!(
            "{topic}: ratio to the first peer of each line ({})",
            reports[0].unit.about()
        ),
    );
    for mark in x.marks() {
        canvas.line((x.at(mark), 30.0), (x.at(mark), bottom));
        canvas.text(
            x.at(mark),
            bottom + 16.0,
            Anchor::Middle,
            &format!("{mark}"),
        );
    }
    for (at, report) in reports.iter().enumerate() {
        let y = 46.0 + LINE * at as f64;
        canvas.text(290.0, y + 4.0, Anchor::End, &report.title);
        canvas.line((300.0, y), (760.0, y));
        for row in report
            .rows
            .iter()
            .filter(|row| !row.name.ends_with(" again"))
        {
            let peer = position(&mut names, &row.name);
            canvas.dot(x.at(row.ratio.mid), y, colour(peer));
        }
    }
    canvas.legend(790.0, 50.0, &names);
    canvas.finish(foot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_goes_by_powers_of_ten() {
        let scale = Scale::of([3.0, 250.0].into_iter(), 0.0, 300.0);
        assert_eq!((scale.least, scale.most), (1.0, 1000.0));
        assert!((scale.at(10.0) - 100.0).abs() < 1e-9);
        assert!(scale.marks().eq([1.0, 10.0, 100.0, 1000.0]));
    }

    #[test]
    fn a_league_shows_every_peer_and_its_machine() {
        let report = super::super::tests::report();
        let chart = league("topic", &[&report], "the <command>");
        for part in [
            "<svg ",
            "2 threads",
            ">base<",
            ">peer<",
            "the &lt;command&gt;",
            "</svg>",
        ] {
            assert!(chart.contains(part), "{part} in {chart}");
        }
        assert_eq!(
            chart.matches("<circle").count(),
            4,
            "two dots, and two in the legend"
        );
    }
}
