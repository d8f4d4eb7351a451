//! The parts that the explored tests share: a protocol that holds, and a twin of it that does not.
//!
//! A twin is a small copy of a protocol in which one step is missing. If a twin did not fail, the
//! exploration would be blind there, and the test of the protocol itself would prove nothing.

use std::sync::Arc;
use std::time::Duration;

use threadkit::explore::{Explorer, Failure};

/// The page that lists the twins and when each was found out.
const PAGE: &str = include_str!("../../threadkit/src/explore/twins.md");

/// The number of seeds, under each strategy, with which a twin must fail.
const SEEDS: u64 = 20;

/// The body holds in that number of schedules of the default strategies.
#[track_caller]
pub(crate) fn holds(runs: u64, body: impl Fn() + Send + Sync + 'static) {
    let report = Explorer::new()
        .runs(runs)
        .time_limit(Duration::from_secs(600))
        .check(body);
    assert_eq!(report.runs(), runs, "not all runs were made");
}

/// The body fails with these words within ten thousand schedules.
#[track_caller]
pub(crate) fn fails(words: &str, body: impl Fn() + Send + Sync + 'static) -> Failure {
    fails_with(Explorer::new(), words, body)
}

#[track_caller]
fn fails_with(explorer: Explorer, words: &str, body: impl Fn() + Send + Sync + 'static) -> Failure {
    let failure = explorer
        .runs(10_000)
        .try_check(body)
        .expect_err("it is found out");
    assert!(failure.what().contains(words), "{failure}");
    failure
}

/// The twin of `protocol` that lacks a step fails with these words, with each of twenty seeds at
/// random and by priorities. Prints its row of the table, as the page must have it.
#[track_caller]
pub(crate) fn is_found(
    protocol: &str,
    lacks: &str,
    words: &str,
    twin: impl Fn() + Send + Sync + 'static,
) {
    is_found_by(Explorer::new, protocol, lacks, words, twin);
}

/// As [`is_found`], by explorers of that make.
#[track_caller]
pub(crate) fn is_found_by(
    explorer: impl Fn() -> Explorer,
    protocol: &str,
    lacks: &str,
    words: &str,
    twin: impl Fn() + Send + Sync + 'static,
) {
    let twin = Arc::new(twin);
    let runs = |explorer: Explorer| {
        let twin = Arc::clone(&twin);
        fails_with(explorer, words, move || twin()).run()
    };
    let by_chance = Spread::of((1..=SEEDS).map(|seed| runs(explorer().random().seed(seed))));
    let by_priorities = Spread::of((1..=SEEDS).map(|seed| runs(explorer().pct(3).seed(seed))));
    let name = format!("| {protocol} | {lacks} |");
    // On a line of its own, whatever the test runner has printed so far.
    println!("\n{name} {by_chance} | {by_priorities} |");
    assert!(PAGE.contains(&name), "a row of twins.md is missing: {name}");
}

/// In which runs one twin was found out.
struct Spread(Vec<u64>);

impl Spread {
    fn of(runs: impl Iterator<Item = u64>) -> Self {
        let mut runs: Vec<_> = runs.collect();
        runs.sort_unstable();
        Self(runs)
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (median, worst) = (self.0[self.0.len() / 2], self.0[self.0.len() - 1]);
        write!(f, "{median} | {worst}")
    }
}
