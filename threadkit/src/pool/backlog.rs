//! The tasks that wait for a worker, with removal from the middle.

use std::collections::VecDeque;
use std::sync::Arc;

use super::job::Job;

/// First in, first out; a task that was cancelled or run elsewhere leaves at once.
///
/// # Invariant
///
/// The task at `entries[i]` has the place `first + i`, which is never given out twice. `len` entries are
/// not empty, and the first entry is not.
#[derive(Default)]
pub(super) struct Backlog {
    entries: VecDeque<Option<Arc<dyn Job>>>,
    first: u64,
    len: usize,
}

impl Backlog {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, job: Arc<dyn Job>) -> u64 {
        let place = self.first + self.entries.len() as u64;
        job.head().set_place(place);
        self.entries.push_back(Some(job));
        self.len += 1;
        place
    }

    pub(super) fn pop(&mut self) -> Option<Arc<dyn Job>> {
        let job = self.entries.pop_front()??;
        self.first += 1;
        self.len -= 1;
        self.trim();
        Some(job)
    }

    /// Takes a task out from wherever it is, if it still is here.
    pub(super) fn remove(&mut self, place: u64) -> Option<Arc<dyn Job>> {
        let index = usize::try_from(place.checked_sub(self.first)?).ok()?;
        let job = self.entries.get_mut(index)?.take()?;
        self.len -= 1;
        self.trim();
        Some(job)
    }

    /// Empties it.
    pub(super) fn take(&mut self) -> Vec<Arc<dyn Job>> {
        self.first += self.entries.len() as u64;
        self.len = 0;
        core::mem::take(&mut self.entries)
            .into_iter()
            .flatten()
            .collect()
    }

    fn trim(&mut self) {
        while let Some(None) = self.entries.front() {
            self.entries.pop_front();
            self.first += 1;
        }
        if self.entries.is_empty() && self.entries.capacity() > ROOMY {
            self.entries.shrink_to(ROOMY);
        }
    }
}

/// Above this many entries the memory is given back when the backlog runs empty.
const ROOMY: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::cell;

    fn job() -> Arc<dyn Job> {
        cell::share(|| ())
    }

    #[test]
    fn first_in_first_out() {
        let mut backlog = Backlog::default();
        let jobs = [job(), job(), job()];
        for job in &jobs {
            backlog.push(Arc::clone(job));
        }
        for job in &jobs {
            assert!(Arc::ptr_eq(&backlog.pop().unwrap(), job));
        }
        assert!(backlog.pop().is_none() && backlog.len() == 0);
    }

    #[test]
    fn removal_from_any_place_in_any_order_leaves_the_others() {
        for removed in 0..8_u32 {
            let mut backlog = Backlog::default();
            drop(backlog.pop());
            let jobs = [job(), job(), job()];
            for job in &jobs {
                backlog.push(Arc::clone(job));
            }
            for index in [1, 2, 0] {
                if removed & 1 << index != 0 {
                    let job = backlog.remove(jobs[index].head().place()).unwrap();
                    assert!(Arc::ptr_eq(&job, &jobs[index]));
                    assert!(backlog.remove(jobs[index].head().place()).is_none());
                }
            }
            let late = job();
            backlog.push(Arc::clone(&late));
            assert_eq!(backlog.len(), 4 - removed.count_ones() as usize);
            for (index, job) in jobs.iter().enumerate() {
                if removed & 1 << index == 0 {
                    assert!(Arc::ptr_eq(&backlog.pop().unwrap(), job));
                }
            }
            assert!(Arc::ptr_eq(&backlog.pop().unwrap(), &late));
            assert!(backlog.pop().is_none());
        }
    }
}
