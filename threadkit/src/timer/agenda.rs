//! The timers that are pending, by their times.

use core::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::job::Job;
use crate::backend::Instant;

/// How many cancelled timers are kept, at most, beside as many that are pending.
const SLACK: usize = 64;

/// One timer on the agenda.
struct Entry {
    due: Instant,
    /// The order in which they were made, for those that are due at the same moment.
    number: u64,
    job: Arc<dyn Job>,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.due, self.number).cmp(&(other.due, other.number))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Entry {}

/// The timers that are pending, by when they are due.
pub(super) struct Agenda {
    entries: BinaryHeap<Reverse<Entry>>,
    number: u64,
    /// About how many entries are of cancelled timers. Each keeps some memory until its time; when they are
    /// more than half, all of them are removed.
    cancelled: usize,
}

impl Agenda {
    pub(super) fn new() -> Self {
        Self {
            entries: BinaryHeap::new(),
            number: 0,
            cancelled: 0,
        }
    }

    /// Adds a timer; returns whether it is now the first.
    pub(super) fn add(&mut self, due: Instant, job: Arc<dyn Job>) -> bool {
        let first = self.first_due().is_none_or(|first| due < first);
        self.number += 1;
        self.entries.push(Reverse(Entry {
            due,
            number: self.number,
            job,
        }));
        first
    }

    pub(super) fn first_due(&self) -> Option<Instant> {
        self.entries.peek().map(|Reverse(first)| first.due)
    }

    pub(super) fn pop(&mut self) -> Option<(Instant, Arc<dyn Job>)> {
        let Reverse(first) = self.entries.pop()?;
        Some((first.due, first.job))
    }

    /// Takes all jobs off the agenda, in the order in which they are due.
    pub(super) fn take_all(&mut self) -> Vec<Arc<dyn Job>> {
        self.cancelled = 0;
        let mut entries = core::mem::take(&mut self.entries).into_vec();
        entries.sort_unstable_by(|Reverse(one), Reverse(other)| one.cmp(other));
        entries
            .into_iter()
            .map(|Reverse(entry)| entry.job)
            .collect()
    }

    /// Notes that one of the entries has been cancelled.
    ///
    /// A cancelled job has no body any more, so removing it runs no code of the program.
    pub(super) fn note_cancelled(&mut self) {
        self.cancelled += 1;
        if self.cancelled > self.entries.len() / 2 + SLACK {
            self.entries.retain(|Reverse(entry)| !entry.job.is_over());
            self.entries.shrink_to(2 * self.entries.len());
            self.cancelled = 0;
        }
    }

    /// Notes that a cancelled entry was taken off at its time.
    pub(super) fn note_gone(&mut self) {
        self.cancelled = self.cancelled.saturating_sub(1);
    }
}
