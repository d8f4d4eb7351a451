//! The results of a table, and how they are shown.

mod grid;
mod json;
mod svg;
mod text;

use std::time::Duration;

use crate::harness::{Measured, Sample, Unit};
use crate::stats::{self, Quartiles};

pub(crate) use grid::{Column, Grid};
pub(crate) use json::json;
pub(crate) use svg::charts;

/// The figures of one table, made comparable.
#[derive(Debug)]
pub(crate) struct Report {
    topic: &'static str,
    title: String,
    unit: Unit,
    rounds: usize,
    /// The figures of the baseline themselves.
    baseline: Quartiles,
    /// One row for each peer; the first is the baseline.
    rows: Vec<Row>,
}

/// The results of one peer.
#[derive(Debug)]
struct Row {
    name: String,
    /// The ratios to the baseline, round by round.
    ratio: Quartiles,
    /// Nanoseconds of CPU time an operation, the median over the rounds.
    cpu: Option<f64>,
    /// The median over the rounds.
    fairness: Option<f64>,
    worst_wait: Option<WorstWait>,
    /// The figures from which the ratios were computed, for other evaluations.
    figures: Vec<f64>,
}

/// The longest waits of all rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct WorstWait {
    max: Duration,
    median: Duration,
}

impl Report {
    /// Compares the results; the first of `found` is the baseline.
    pub(crate) fn new(topic: &'static str, title: String, unit: Unit, found: &[Measured]) -> Self {
        let baseline = figures(&found[0].samples);
        let rows = found.iter().map(|peer| Row::new(peer, &baseline)).collect();
        Self {
            topic,
            title,
            unit,
            rounds: baseline.len(),
            baseline: Quartiles::of(baseline),
            rows,
        }
    }

    /// The rows but that of the baseline's second turn.
    fn peers(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.name.ends_with(" again"))
    }
}

impl Row {
    fn new(peer: &Measured, baseline: &[f64]) -> Self {
        let figures = figures(&peer.samples);
        let cpu: Vec<f64> = peer.samples.iter().filter_map(|it| it.cpu).collect();
        let fairness: Vec<f64> = peer.samples.iter().filter_map(|it| it.fairness).collect();
        let waits: Vec<Duration> = peer.samples.iter().filter_map(|it| it.worst_wait).collect();
        Self {
            name: peer.name.clone(),
            ratio: Quartiles::of(stats::ratios(&figures, baseline)),
            cpu: (!cpu.is_empty()).then(|| stats::median(cpu)),
            fairness: (!fairness.is_empty()).then(|| stats::median(fairness)),
            worst_wait: WorstWait::of(&waits),
            figures,
        }
    }
}

impl WorstWait {
    fn of(waits: &[Duration]) -> Option<Self> {
        let max = waits.iter().max().copied()?;
        let median = stats::median(waits.iter().map(Duration::as_secs_f64));
        Some(Self {
            max,
            median: Duration::from_secs_f64(median),
        })
    }
}

fn figures(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|sample| sample.figure).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn sample(figure: f64, fairness: f64, wait: u64) -> Sample {
        let worst_wait = Some(Duration::from_millis(wait));
        Sample {
            figure,
            cpu: Some(1e10 / figure),
            fairness: Some(fairness),
            worst_wait,
        }
    }

    pub(in crate::report) fn report() -> Report {
        let base = [
            sample(100.0, 0.5, 3),
            sample(200.0, 0.9, 1),
            sample(100.0, 0.7, 2),
        ];
        let peer = [
            sample(150.0, 0.1, 10),
            sample(100.0, 0.0, 30),
            sample(100.0, 0.2, 900),
        ];
        let found = [("base", base), ("peer", peer)].map(|(name, samples)| Measured {
            name: name.into(),
            samples: samples.to_vec(),
        });
        Report::new("topic", "2 threads".into(), Unit::PerSecond, &found)
    }

    #[test]
    fn rows_compare_with_the_first() {
        let report = report();
        assert_eq!(report.rounds, 3);
        assert_eq!(
            report.baseline,
            Quartiles {
                low: 100.0,
                mid: 100.0,
                high: 150.0
            }
        );
        assert_eq!(
            report.rows[0].ratio,
            Quartiles {
                low: 1.0,
                mid: 1.0,
                high: 1.0
            }
        );
        assert_eq!(
            report.rows[1].ratio,
            Quartiles {
                low: 0.75,
                mid: 1.0,
                high: 1.25
            }
        );
        assert_eq!(report.rows[1].cpu, Some(1e8));
        assert_eq!(report.rows[1].fairness, Some(0.1));
        let worst = WorstWait {
            max: Duration::from_millis(900),
            median: Duration::from_millis(30),
        };
        assert_eq!(report.rows[1].worst_wait, Some(worst));
    }

    #[test]
    fn what_was_not_measured_is_not_made_up() {
        let found = [Measured {
            name: "one".into(),
            samples: vec![Sample::new(1.0)],
        }];
        let report = Report::new("topic", "title".into(), Unit::Nanoseconds, &found);
        assert_eq!(report.rows[0].cpu, None);
        assert_eq!(report.rows[0].fairness, None);
        assert_eq!(report.rows[0].worst_wait, None);
    }
}
