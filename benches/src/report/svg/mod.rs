//! Charts of the results, as SVG.
//!
//! - `starvation.svg`: throughput and usual worst wait of each lock in each table of the topic `contended`.
//! - `growth.svg`: the series of the topic `growth`.
//! - `league-TOPIC.svg`: the ratios of all peers in each table of a topic.
//! - `league-waits.svg`: the waits of all peers in each table of the topic `waits`.
//!
//! The charts have a background of their own, light or dark as the reader prefers.

mod canvas;
mod command;
mod growth;
mod league;
mod peers;
mod scale;
mod starvation;

use super::{Grid, Report};
use crate::harness::Unit;
use crate::machine::Machine;

/// All charts that can be drawn of these results, with the names of their files; `words` are the arguments that led to
/// them.
pub(crate) fn charts(
    machine: &Machine,
    words: impl Iterator<Item = String>,
    reports: &[Report],
    grids: &[Grid],
) -> Vec<(String, String)> {
    let foot = [command::command(words), machine.to_string()];
    let mut charts = Vec::new();
    let contended: Vec<&Report> = reports
        .iter()
        .filter(|report| report.topic == "contended")
        .collect();
    if !contended.is_empty() {
        charts.push(("starvation.svg".into(), starvation::draw(&contended, &foot)));
    }
    let of = |topic| grids.iter().filter(move |grid| grid.topic == topic);
    let grown: Vec<&Grid> = of("growth").collect();
    if !grown.is_empty() {
        charts.push(("growth.svg".into(), growth::draw(&grown, &foot)));
    }
    let waits: Vec<&Grid> = of("waits").collect();
    if !waits.is_empty() {
        charts.push(("league-waits.svg".into(), league::of_waits(&waits, &foot)));
    }
    let mut leagues: Vec<(&str, Unit)> = reports.iter().map(|it| (it.topic, it.unit)).collect();
    leagues.dedup();
    for (at, &(topic, unit)) in leagues.iter().enumerate() {
        let of_it: Vec<&Report> = reports
            .iter()
            .filter(|it| (it.topic, it.unit) == (topic, unit))
            .collect();
        // Times and rates of a topic cannot share a scale.
        let first = at == 0 || leagues[at - 1].0 != topic;
        let more = if first { "" } else { "-throughput" };
        let name = format!("league-{topic}{more}.svg");
        charts.push((name, league::of_ratios(topic, &of_it, &foot)));
    }
    charts
}

/// A figure beside a tick: without digits that are always zero.
fn tick(unit: Unit, figure: f64) -> String {
    unit.show(figure).replace(".00", "").replace(".0", "")
}

/// A ratio beside a tick, which has two digits at most.
fn ratio_tick(ratio: f64) -> String {
    format!("{}", (ratio * 1e4).round() / 1e4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_short() {
        let shown = [1.0, 20.0, 0.5, 1e5, 2e9].map(|figure| tick(Unit::Nanoseconds, figure));
        assert_eq!(shown, ["1 ns", "20 ns", "0.50 ns", "100 µs", "2 s"]);
        assert_eq!([10.0, 1.5 * 0.1].map(ratio_tick), ["10", "0.15"]);
    }

    #[test]
    fn every_topic_has_its_charts() {
        let report = super::super::tests::report();
        let grid = super::super::grid::tests::grid();
        let machine = Machine::look();
        let words = ["--only".to_owned(), "<1 ms".to_owned()];
        let charts = charts(&machine, words.into_iter(), &[report], &[grid]);
        let names: Vec<&str> = charts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["growth.svg", "league-topic.svg"]);
        for (name, chart) in &charts {
            assert!(chart.contains("--only '&lt;1 ms'"), "{name}: {chart}");
            assert!(chart.contains(&machine.to_string()), "{name}: {chart}");
            assert!(chart.ends_with("</svg>\n"), "{name}: {chart}");
        }
    }
}
