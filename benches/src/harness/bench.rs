//! Runs the tables.

use std::num::NonZeroUsize;

use super::order::Order;
use super::{Pace, Table};
use crate::output;
use crate::report::{Grid, Report};

/// The tables to measure, and how often.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    /// Tables whose title this text does not fit are left out.
    pub(crate) only: Option<String>,
    /// Peers whose name this text does not fit are left out, except the baseline.
    pub(crate) peer: Option<String>,
    /// The number of rounds, instead of the table's own.
    pub(crate) rounds: Option<NonZeroUsize>,
}

/// Whether the name has the text in it, from the begin of a word on: `2 threads` does not fit `32 threads`.
pub(super) fn fits(text: &str, name: &str) -> bool {
    let starts_inside = |at| {
        let last = name[..at].chars().next_back();
        last.is_some_and(char::is_alphanumeric) && text.starts_with(char::is_alphanumeric)
    };
    name.match_indices(text).any(|(at, _)| !starts_inside(at))
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
        (self.choice.only.as_ref()).is_none_or(|text| fits(text, title))
    }

    /// Whether a peer of this name is wanted, for topics that measure by themselves.
    pub(crate) fn wants_peer(&self, name: &str) -> bool {
        (self.choice.peer.as_ref()).is_none_or(|text| fits(text, name))
    }

    /// Whether some peers alone are wanted.
    pub(crate) fn names_peers(&self) -> bool {
        self.choice.peer.is_some()
    }

    /// Measures a table, if it and a peer besides its baseline are wanted.
    pub(crate) fn run(&mut self, mut table: Table<'_>) {
        if !self.wants(&table.title) {
            return;
        }
        if let Some(rounds) = self.choice.rounds {
            table.rounds = rounds.get();
        }
        if let Some(text) = &self.choice.peer
            && !table.keep_peers(text)
        {
            return;
        }
        let (title, unit) = (table.title.clone(), table.unit);
        let found = table.run(&mut self.order);
        let report = Report::new(self.topic, title, unit, &found);
        output::say(&format!("\n{report}"));
        self.reports.push(report);
    }

    /// Takes what a topic has measured by itself.
    pub(crate) fn grid(&mut self, grid: Grid) {
        let is_first = self.grids.iter().all(|grid| grid.topic != self.topic);
        if self.choice.rounds.is_some() && is_first {
            eprintln!(
                "warning: `{}` has no rounds, so `--rounds` does not apply to it",
                self.topic
            );
        }
        output::say(&format!("\n{grid}"));
        self.grids.push(grid);
    }

    /// Everything that was measured; an error if that is nothing.
    pub(crate) fn into_reports(self) -> Result<(Vec<Report>, Vec<Grid>), String> {
        if !self.reports.is_empty() || !self.grids.is_empty() {
            return Ok((self.reports, self.grids));
        }
        let Choice { only, peer, .. } = self.choice;
        let title = only.map(|text| format!("`--only {text}` fits no title"));
        let peer = peer.map(|text| format!("`--peer {text}` fits no peer"));
        let why: Vec<String> = title.into_iter().chain(peer).collect();
        Err(format!("no table was measured: {}", why.join(", or ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::{Sample, Unit};

    #[test]
    fn a_text_fits_from_the_begin_of_a_word_on() {
        for (text, name) in [
            ("2 threads, 0", "2 threads, 0 µs holds"),
            ("threads, 0", "32 threads, 0 µs holds"),
            ("bounded", "bounded, 1:1"),
            ("bound", "a queue, bounded"),
            ("1:1", "unbounded, 1:1"),
            (":1", "bounded, 4:1"),
            ("µs", "items of 10 µs"),
            ("Lock", "saa Lock, readers, and an RLock"),
        ] {
            assert!(fits(text, name), "`{text}` fits `{name}`");
        }
        for (text, name) in [
            ("2 threads, 0", "32 threads, 0 µs holds"),
            ("bounded", "unbounded, 1:1"),
            ("s", "µs"),
            ("Lock", "RLock"),
            ("1:1", "unbounded, 4:1"),
        ] {
            assert!(!fits(text, name), "`{text}` does not fit `{name}`");
        }
    }

    fn measured(only: Option<&str>, peer: Option<&str>) -> Result<usize, String> {
        let choice = Choice {
            only: only.map(str::to_owned),
            peer: peer.map(str::to_owned),
            rounds: NonZeroUsize::new(1),
        };
        let mut bench = Bench::new(Pace::new(true), choice);
        let measure = || Sample::new(1.0);
        let table = Table::new("bounded", Unit::Nanoseconds, 1, "std", measure);
        bench.run(table.peer("kanal", measure));
        bench.into_reports().map(|(reports, _)| reports.len())
    }

    #[test]
    fn nothing_measured_is_an_error() {
        assert_eq!(measured(None, None), Ok(1));
        assert_eq!(measured(Some("bound"), Some("kanal")), Ok(1));
        for (only, peer, why) in [
            (Some("x"), None, "`--only x` fits no title"),
            (None, Some("x"), "`--peer x` fits no peer"),
            (None, Some("std"), "`--peer std` fits no peer"),
            (
                Some("bound"),
                Some("x"),
                "`--only bound` fits no title, or `--peer x` fits no peer",
            ),
        ] {
            let error = format!("no table was measured: {why}");
            assert_eq!(measured(only, peer), Err(error));
        }
    }
}
