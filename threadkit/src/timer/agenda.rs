//! The timers that are pending, by their times.

use std::sync::{Arc, Weak};

use super::job::Job;
use crate::backend::Instant;

/// How many cancelled timers are kept beyond half of all entries.
const SLACK: usize = 64;

/// One timer on the agenda.
struct Entry {
    due: Instant,
    /// The order in which they were added, for those that are due at the same moment.
    number: u64,
    job: Arc<dyn Job>,
}

impl Entry {
    fn rank(&self) -> (Instant, u64) {
        (self.due, self.number)
    }
}

/// The timers that are pending, by when they are due.
pub(super) struct Agenda {
    /// A binary heap: no entry comes before its parent, which is at half its place.
    ///
    /// `BinaryHeap` moves each new entry twice and compares all of its rank. Most new entries stay where they are put,
    /// and have the greatest number.
    entries: Vec<Entry>,
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
            entries: Vec::new(),
            number: 0,
            endless: Vec::new(),
            cancelled: 0,
        }
    }

    /// Adds a timer; returns whether it is now the first.
    pub(super) fn add(&mut self, due: Instant, job: Arc<dyn Job>) -> bool {
        self.number += 1;
        let number = self.number;
        let mut at = self.entries.len();
        self.entries.push(Entry { due, number, job });
        while at > 0 {
            let parent = (at - 1) / 2;
            // Of two that are due at the same moment the parent is first, because the new one has the greatest number.
            if self.entries[parent].due <= due {
                return false;
            }
            self.entries.swap(parent, at);
            at = parent;
        }
        true
    }

    /// Restores the order if the entry at that place alone may come after one below it.
    fn sink(&mut self, mut at: usize) {
        let entries = &mut self.entries;
        loop {
            let below = 2 * at + 1..(2 * at + 3).min(entries.len());
            let Some(first) = below.min_by_key(|at| entries[*at].rank()) else {
                return;
            };
            if entries[at].rank() <= entries[first].rank() {
                return;
            }
            entries.swap(at, first);
            at = first;
        }
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
        self.entries.first().map(|first| first.due)
    }

    pub(super) fn pop(&mut self) -> Option<(Instant, Arc<dyn Job>)> {
        if self.entries.is_empty() {
            return None;
        }
        let first = self.entries.swap_remove(0);
        self.sink(0);
        Some((first.due, first.job))
    }

    /// All jobs, in the order in which they are due; those that are never due are last.
    pub(super) fn into_jobs(mut self) -> Vec<Arc<dyn Job>> {
        let mut jobs = Vec::new();
        while let Some((_, job)) = self.pop() {
            jobs.push(job);
        }
        for job in &self.endless {
            jobs.extend(job.upgrade());
        }
        jobs
    }

    /// Notes that one of the entries has been cancelled.
    ///
    /// A cancelled job has no body any more, so removing it runs no code of the program.
    pub(super) fn note_cancelled(&mut self) {
        self.cancelled += 1;
        if self.cancelled > self.entries.len() / 2 + SLACK {
            self.entries.retain(|entry| !entry.job.is_over());
            self.move_if_roomy();
            (0..self.entries.len() / 2)
                .rev()
                .for_each(|at| self.sink(at));
            self.cancelled = 0;
        }
    }

    /// Gives memory back, if there is much more than the entries need.
    ///
    /// They move, and do not shrink where they are: what an allocator gets back as a whole it mostly keeps for an agenda
    /// that grows again. glibc gives the end of what shrinks back to the system, and each page costs a page fault then.
    fn move_if_roomy(&mut self) {
        let enough = 2 * self.entries.len();
        if self.entries.capacity() > 2 * enough {
            let mut smaller = Vec::with_capacity(enough);
            smaller.append(&mut self.entries);
            self.entries = smaller;
        }
    }

    /// Notes that a cancelled entry was taken off at its time.
    pub(super) fn note_gone(&mut self) {
        self.cancelled = self.cancelled.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::backend;
    use crate::timer::job::{Once, Timed};

    #[test]
    fn entries_come_by_their_times_and_then_by_their_order() {
        let begun = backend::now();
        let mut agenda = Agenda::new();
        let mut left: Vec<(Instant, usize, Arc<dyn Job>)> = Vec::new();
        let mut taken = Vec::new();
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for number in 0..5_000_usize {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let due = begun + Duration::from_millis(random >> 16 & 0xff);
            let job: Arc<dyn Job> = Timed::new(Once(|| ()));
            let is_first = left.iter().all(|(other, ..)| due < *other);
            assert_eq!(agenda.add(due, Arc::clone(&job)), is_first);
            left.push((due, number, job));
            match random % 8 {
                0 => {
                    left.sort_by_key(|(due, number, _)| (*due, *number));
                    let (due, _, job) = left.remove(0);
                    taken.push((agenda.pop().unwrap(), (due, job)));
                }
                1..5 => {
                    let (.., job) = left.swap_remove(random as usize / 8 % left.len());
                    job.cancel();
                    // So that all cancelled ones are removed at once.
                    agenda.cancelled = usize::MAX / 2;
                    agenda.note_cancelled();
                }
                _ => {}
            }
        }
        left.sort_by_key(|(due, number, _)| (*due, *number));
        assert!(left.len() > 500);
        let rest = left
            .into_iter()
            .map(|(due, _, job)| (agenda.pop().unwrap(), (due, job)));
        for (taken, expected) in taken.into_iter().chain(rest) {
            assert!(taken.0 == expected.0 && Arc::ptr_eq(&taken.1, &expected.1));
        }
        assert!(agenda.pop().is_none());
    }

    #[test]
    fn the_memory_of_cancelled_timers_is_given_back() {
        let mut agenda = Agenda::new();
        let due = backend::now();
        let jobs: Vec<Arc<dyn Job>> = (0..10_000)
            .map(|_| -> Arc<dyn Job> { Timed::new(Once(|| ())) })
            .collect();
        for job in &jobs {
            agenda.add(due, Arc::clone(job));
        }
        for job in &jobs[10..] {
            job.cancel();
            agenda.note_cancelled();
        }
        let (len, capacity) = (agenda.entries.len(), agenda.entries.capacity());
        assert!(len <= 2 * (10 + SLACK), "{len} entries for 10 timers");
        assert!(capacity <= 4 * len, "room for {capacity} instead of {len}");
    }

    #[test]
    fn a_timer_that_is_never_due_is_kept_until_it_is_cancelled_or_dropped() {
        let endless = || -> Arc<dyn Job> { Timed::new(Once(|| ())) };
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
        let left = agenda.into_jobs();
        let left = left.iter().filter(|job| !job.is_over()).count();
        assert_eq!(left, 99, "all but the cancelled one");
    }
}
