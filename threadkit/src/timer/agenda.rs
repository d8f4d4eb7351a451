//! The timers that are pending, by their times.

use core::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::{Arc, Weak};

use super::job::Job;
use crate::backend::Instant;

/// How many cancelled timers are kept beyond half of all entries.
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
    /// The timers that are never due and can only be cancelled. Their handles alone keep them alive.
    endless: Vec<Weak<dyn Job>>,
    /// About how many entries are of cancelled timers. Each keeps some memory until its time; when they are
    /// more than half, all of them are removed.
    cancelled: usize,
}

impl Agenda {
    pub(super) fn new() -> Self {
        Self {
            entries: BinaryHeap::new(),
            number: 0,
            endless: Vec::new(),
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

    /// Adds a timer that is never due.
    pub(super) fn add_endless(&mut self, job: &Arc<dyn Job>) {
        if self.endless.len() == self.endless.capacity() {
            let is_pending = |job: &Weak<dyn Job>| job.upgrade().is_some_and(|job| !job.is_over());
            self.endless.retain(is_pending);
            // So at least half of the next additions need not search.
            self.endless.reserve(self.endless.len().max(SLACK));
        }
        self.endless.push(Arc::downgrade(job));
    }

    pub(super) fn first_due(&self) -> Option<Instant> {
        self.entries.peek().map(|Reverse(first)| first.due)
    }

    pub(super) fn pop(&mut self) -> Option<(Instant, Arc<dyn Job>)> {
        let Reverse(first) = self.entries.pop()?;
        Some((first.due, first.job))
    }

    /// Takes all jobs off the agenda, in the order in which they are due; those that are never due are last.
    pub(super) fn take_all(&mut self) -> Vec<Arc<dyn Job>> {
        self.cancelled = 0;
        let mut entries = core::mem::take(&mut self.entries).into_vec();
        entries.sort_unstable_by(|Reverse(one), Reverse(other)| one.cmp(other));
        let endless = core::mem::take(&mut self.endless);
        entries
            .into_iter()
            .map(|Reverse(entry)| entry.job)
            .chain(endless.iter().filter_map(Weak::upgrade))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timer::job::{Once, Repeat, Timed};

    #[test]
    fn a_timer_that_is_never_due_is_kept_until_it_is_cancelled_or_dropped() {
        let endless = || -> Arc<dyn Job> { Timed::new(Once(|| ()), Repeat::Never) };
        let mut agenda = Agenda::new();
        let kept: Vec<_> = (0..100).map(|_| endless()).collect();
        for job in &kept {
            agenda.add_endless(job);
        }
        for _ in 0..10_000 {
            agenda.add_endless(&endless());
            let cancelled = &kept[0];
            cancelled.cancel();
            agenda.add_endless(cancelled);
        }
        assert!(agenda.endless.capacity() < 1000, "it grows");
        let left = agenda.take_all();
        let left = left.iter().filter(|job| !job.is_over()).count();
        assert_eq!(left, 99, "all but the cancelled one");
    }
}
