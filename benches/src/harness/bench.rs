//! Runs the tables.

use std::num::NonZeroUsize;

use super::order::Order;
use super::{Pace, Table};
use crate::output;
use crate::report::{Grid, Report};

/// The tables to measure, and how often.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    /// Tables without this text in their title are left out.
    pub(crate) only: Option<String>,
    /// Peers without this text in their name are left out, except the baseline.
    pub(crate) peer: Option<String>,
    /// The number of rounds, instead of the table's own.
    pub(crate) rounds: Option<NonZeroUsize>,
}

/// Runs tables, prints each as soon as it is measured, and keeps the results.
#[derive(Debug)]
pub(crate) struct Bench {
    /// How long to measure.
    pub(crate) pace: Pace,
    choice: Choice,
    topic: &'static str,
    order: Order,
    reports: Vec<Report>,
    grids: Vec<Grid>,
}

impl Bench {
    /// Nothing measured yet.
    pub(crate) fn new(pace: Pace, choice: Choice) -> Self {
        Self {
            pace,
            choice,
            topic: "",
            order: Order::new(),
            reports: Vec::new(),
            grids: Vec::new(),
        }
    }

    /// The topic that the next tables belong to.
    pub(crate) fn topic(&mut self, name: &'static str) {
        self.topic = name;
    }

    /// Whether a table of this title is wanted, for tables that are expensive to prepare.
    pub(crate) fn wants(&self, title: &str) -> bool {
        (self.choice.only.as_ref()).is_none_or(|text| title.contains(text))
    }

    /// Measures a table, if it is wanted.
    pub(crate) fn run(&mut self, mut table: Table<'_>) {
        if !self.wants(&table.title) {
            return;
        }
        if let Some(rounds) = self.choice.rounds {
            table.rounds = rounds.get();
        }
        if let Some(text) = &self.choice.peer {
            table.keep_peers(text);
        }
        let (title, unit) = (table.title.clone(), table.unit);
        let found = table.run(&mut self.order);
        let report = Report::new(self.topic, title, unit, &found);
        output::say(&format!("\n{report}"));
        self.reports.push(report);
    }

    /// Takes what a topic has measured by itself.
    pub(crate) fn grid(&mut self, grid: Grid) {
        output::say(&format!("\n{grid}"));
        self.grids.push(grid);
    }

    /// Everything that was measured.
    pub(crate) fn into_reports(self) -> (Vec<Report>, Vec<Grid>) {
        (self.reports, self.grids)
    }
}
