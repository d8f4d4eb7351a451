//! The tasks that wait for a worker, with removal from the middle.

use core::mem;
use std::collections::VecDeque;
use std::sync::Arc;

use super::job::Job;

/// First in, first out; a task that was cancelled or run elsewhere leaves at once, and one that others wait
/// for may go to the front.
///
/// # Invariant
///
/// The task at `entries[i]` has the place `first + i`, which is noted in its head under the pool's lock.
/// `len` entries are not empty, and the first entry is not. A place may be given out again when its task
/// has left, so a task is looked up by its place and then compared.
pub(super) struct Backlog {
    entries: VecDeque<Option<Arc<dyn Job>>>,
    first: u64,
    len: usize,
}

impl Default for Backlog {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            first: MIDDLE,
            len: 0,
        }
    }
}

/// The first place: in the middle of the range of numbers.
const MIDDLE: u64 = 1 << 63;

impl Backlog {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, job: Arc<dyn Job>) {
        job.head().set_place(self.end());
        self.entries.push_back(Some(job));
        self.len += 1;
    }

    /// The place of the next task that is pushed.
    pub(super) fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Takes over tasks that have the places from [`end`](Self::end) on. If the backlog is empty, that takes the same
    /// short time for any number of tasks.
    pub(super) fn append(&mut self, entries: &mut VecDeque<Option<Arc<dyn Job>>>) {
        self.len += entries.len();
        if self.entries.is_empty() {
            mem::swap(&mut self.entries, entries);
        } else {
            self.entries.append(entries);
        }
    }

    /// The task that was pushed last, if it has not left.
    pub(super) fn last(&self) -> Option<&Arc<dyn Job>> {
        self.entries.back()?.as_ref()
    }

    /// The task that is the next.
    pub(super) fn first(&self) -> Option<&Arc<dyn Job>> {
        self.entries.front()?.as_ref()
    }

    pub(super) fn pop(&mut self) -> Option<Arc<dyn Job>> {
        let job = self.entries.pop_front()??;
        self.first += 1;
        self.len -= 1;
        self.trim();
        Some(job)
    }

    fn index_of(&self, job: &dyn Job) -> Option<usize> {
        let index = usize::try_from(job.head().place().checked_sub(self.first)?).ok()?;
        let there = self.entries.get(index)?.as_ref()?;
        (there.head().key() == job.head().key()).then_some(index)
    }

    pub(super) fn contains(&self, job: &dyn Job) -> bool {
        self.index_of(job).is_some()
    }

    /// Takes a task out from any position, if it is still in the backlog.
    pub(super) fn remove(&mut self, job: &dyn Job) -> Option<Arc<dyn Job>> {
        let index = self.index_of(job)?;
        let job = self.entries.get_mut(index)?.take()?;
        self.len -= 1;
        self.trim();
        Some(job)
    }

    /// Moves a task to the front, if it is still in the backlog; returns whether it is.
    pub(super) fn move_to_front(&mut self, job: &dyn Job) -> bool {
        match self.remove(job) {
            Some(job) => {
                self.first -= 1;
                job.head().set_place(self.first);
                self.entries.push_front(Some(job));
                self.len += 1;
                true
            }
            None => false,
        }
    }

    /// Empties it.
    pub(super) fn take(&mut self) -> Vec<Arc<dyn Job>> {
        self.first += self.entries.len() as u64;
        self.len = 0;
        mem::take(&mut self.entries).into_iter().flatten().collect()
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

/// Above this number of entries, the memory is freed when the backlog runs empty.
const ROOMY: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Site;
    use crate::pool::cell;
    use crate::pool::job::TASK;

    fn job() -> Arc<dyn Job> {
        cell::share(|| (), Site::new(TASK))
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
                    let job = backlog.remove(&*jobs[index]).unwrap();
                    assert!(Arc::ptr_eq(&job, &jobs[index]));
                    assert!(backlog.remove(&*jobs[index]).is_none());
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

    #[test]
    fn the_front_is_for_those_that_are_waited_for() {
        let mut backlog = Backlog::default();
        let jobs = [job(), job(), job(), job()];
        for job in &jobs {
            backlog.push(Arc::clone(job));
        }
        let gone = backlog.pop().unwrap();
        assert!(!backlog.move_to_front(&*gone));
        assert!(backlog.move_to_front(&*jobs[3]));
        // It has the place that the first one had, and is not taken for it.
        assert_eq!(jobs[3].head().place(), gone.head().place());
        assert!(!backlog.contains(&*gone) && backlog.remove(&*gone).is_none());
        assert!(backlog.move_to_front(&*jobs[2]));
        assert_eq!(backlog.len(), 3);
        for index in [2, 3, 1] {
            assert!(Arc::ptr_eq(&backlog.pop().unwrap(), &jobs[index]));
        }
        assert!(backlog.pop().is_none() && backlog.len() == 0);
    }
}
