//! What is known of the acquisitions of all threads.

use super::super::forked;
use super::graph::Graph;
use super::past::StrandId;
use super::ring::Ring;
use crate::backend::{QuietSpinMutex, TaskId};
use crate::index_map::IndexSet;
use crate::inspect::OrderViolation;
use crate::table::Table;

/// The acquisitions of one domain: of all threads outside of explorations, or of one run.
#[derive(Default)]
pub(super) struct Known {
    pub(super) graph: Graph,
    pub(super) violations: Vec<Violation>,
    /// Rings that cannot happen.
    pub(super) prevented: Vec<Ring>,
}

pub(super) struct Violation {
    pub(super) told: OrderViolation,
    /// The task that has closed it, until it has the lock: it may be in the deadlock.
    pub(super) waits: Option<TaskId>,
}

/// By the domain: zero is that of all threads outside of explorations.
pub(super) static KNOWN: QuietSpinMutex<Table<u64, Known>> = QuietSpinMutex::new(Table::new());

/// The strands of that domain with recorded acquisitions; `None` if the list cannot be read any more.
pub(super) fn strands(domain: u64) -> Option<IndexSet<StrandId>> {
    let mut all = forked::lock(&KNOWN)?;
    let known = all.get_mut(domain);
    Some(known.map_or_else(IndexSet::new, |known| known.graph.strands()))
}
