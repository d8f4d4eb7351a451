//! Reports as JSON, with the machine on which they were measured.

use std::time::Duration;

use super::{Grid, Report, Row};
use crate::json::Json;
use crate::machine::Machine;
use crate::stats::Quartiles;

/// Everything that was measured.
pub(crate) fn json(machine: &Machine, quick: bool, reports: &[Report], grids: &[Grid]) -> Json {
    Json::Object(vec![
        ("machine", machine.json()),
        ("quick", Json::Bool(quick)),
        ("tables", Json::List(reports.iter().map(table).collect())),
        ("grids", Json::List(grids.iter().map(Grid::json).collect())),
    ])
}

fn table(report: &Report) -> Json {
    Json::Object(vec![
        ("topic", Json::text(report.topic)),
        ("title", Json::text(&report.title)),
        ("unit", Json::text(report.unit.key())),
        ("rounds", Json::number(report.rounds as f64)),
        ("baseline", Json::text(&report.rows[0].name)),
        ("baseline_figure", quartiles(report.baseline)),
        ("rows", Json::List(report.rows.iter().map(row).collect())),
    ])
}

fn row(row: &Row) -> Json {
    let nanoseconds = |wait: Duration| Json::number(wait.as_nanos() as f64);
    let worst_wait = row.worst_wait.map_or(Json::Null, |worst| {
        Json::Object(vec![
            ("max_ns", nanoseconds(worst.max)),
            ("median_ns", nanoseconds(worst.median)),
        ])
    });
    Json::Object(vec![
        ("peer", Json::text(&row.name)),
        ("ratio", quartiles(row.ratio)),
        ("cpu_ns", Json::number(row.cpu)),
        ("fairness", Json::number(row.fairness)),
        ("worst_wait", worst_wait),
        (
            "figures",
            Json::List(row.figures.iter().copied().map(Json::number).collect()),
        ),
    ])
}

fn quartiles(quartiles: Quartiles) -> Json {
    Json::Object(vec![
        ("median", Json::number(quartiles.mid)),
        ("low", Json::number(quartiles.low)),
        ("high", Json::number(quartiles.high)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_what_the_text_has() {
        let text = table(&super::super::tests::report()).to_string();
        for part in [
            r#""topic": "topic""#,
            r#""unit": "operations_per_second""#,
            r#""baseline_figure": {"median": 100, "low": 100, "high": 150}"#,
            r#""ratio": {"median": 1, "low": 0.75, "high": 1.25}"#,
            r#""cpu_ns": 100000000"#,
            r#""worst_wait": {"max_ns": 900000000, "median_ns": 30000000}"#,
            r#""figures": [150, 100, 100]"#,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
