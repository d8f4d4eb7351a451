//! The tasks that a pool has accepted and that may not begin yet.

use std::sync::Arc;

use super::job::{Job, PoolOfJob};
use crate::table::Table;
use crate::timer::Timer;

/// Tasks that wait for another task, and tasks that wait for a time.
///
/// # Invariant
///
/// The place of a task is its key, which is noted in its head under the pool's lock. Keys are counted up, so a place
/// in the backlog may be the same number, and a task is looked up by its place and then compared. `follow` of the
/// entries have no timer.
///
/// A task leaves when it goes to the backlog, when it was claimed elsewhere or cancelled, and when the pool refuses it
/// after all.
pub(super) struct Later {
    entries: Table<u64, Entry>,
    next: u64,
    /// How many of them wait for another task.
    follow: usize,
    len: usize,
}

struct Entry {
    job: Arc<dyn Job>,
    wait: Wait,
}

/// What such a task waits for.
pub(super) enum Wait {
    /// The end of another task. A shutdown of the pool waits for it.
    Task,
    /// A time. A shutdown of the pool cancels it. The timer is there a moment later.
    Time(Option<Timer>),
}

impl Later {
    pub(super) const fn new() -> Self {
        Self {
            entries: Table::new(),
            next: 0,
            follow: 0,
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// How many wait for another task.
    pub(super) fn follow(&self) -> usize {
        self.follow
    }

    pub(super) fn push(&mut self, job: Arc<dyn Job>, wait: Wait) {
        job.head().set_place(self.next);
        self.len += 1;
        self.follow += usize::from(matches!(wait, Wait::Task));
        self.entries.insert(self.next, Entry { job, wait });
        self.next += 1;
    }

    /// Notes the timer of a task; returns it if the task has left.
    pub(super) fn set_timer(&mut self, job: &dyn Job, timer: Timer) -> Option<Timer> {
        match self.entries.get_mut(job.head().place()) {
            Some(entry) if entry.job.head().key() == job.head().key() => {
                entry.wait = Wait::Time(Some(timer));
                None
            }
            _ => Some(timer),
        }
    }

    /// Takes a task out, if it is still there.
    pub(super) fn remove(&mut self, job: &dyn Job) -> Option<(Arc<dyn Job>, Wait)> {
        let place = job.head().place();
        let entry = self.entries.get_mut(place)?;
        if entry.job.head().key() != job.head().key() {
            return None;
        }
        let Entry { job, wait } = self.entries.remove(place)?;
        self.len -= 1;
        self.follow -= usize::from(matches!(wait, Wait::Task));
        Some((job, wait))
    }

    /// Takes out all tasks; with `timed` only those that wait for a time.
    pub(super) fn take(&mut self, timed: bool) -> Vec<(Arc<dyn Job>, Wait)> {
        let all = core::mem::replace(&mut self.entries, Table::new()).into_values();
        (self.len, self.follow) = (0, 0);
        let mut taken = Vec::new();
        for Entry { job, wait } in all {
            match wait {
                Wait::Task if timed => self.push(job, wait),
                _ => taken.push((job, wait)),
            }
        }
        taken
    }
}

/// Cancels tasks that were taken out of a pool, with their timers; returns how many were not claimed before.
pub(super) fn cancel_all(later: Vec<(Arc<dyn Job>, Wait)>, pool: &dyn PoolOfJob) -> usize {
    let mut cancelled = 0;
    // In reverse order, because the end of a task ends those that follow it.
    for (job, wait) in later.into_iter().rev() {
        cancelled += usize::from(job.end(None, pool));
        if let Wait::Time(Some(timer)) = wait {
            timer.cancel();
        }
    }
    cancelled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Site;
    use crate::pool::cell;
    use crate::pool::job::TASK;

    fn job() -> Arc<dyn Job> {
        cell::share_later(|| (), Site::new(TASK))
    }

    #[test]
    fn a_task_is_found_until_it_leaves() {
        let mut later = Later::new();
        let jobs = [job(), job(), job()];
        later.push(Arc::clone(&jobs[0]), Wait::Task);
        later.push(Arc::clone(&jobs[1]), Wait::Time(None));
        later.push(Arc::clone(&jobs[2]), Wait::Task);
        assert_eq!((later.len(), later.follow()), (3, 2));
        let (found, _) = later.remove(&*jobs[0]).unwrap();
        assert!(Arc::ptr_eq(&found, &jobs[0]) && later.remove(&*jobs[0]).is_none());

        // Another task with the same place is not taken for it.
        let other = job();
        other.head().set_place(jobs[2].head().place());
        assert!(later.remove(&*other).is_none());

        let timed = later.take(true);
        assert!(timed.len() == 1 && Arc::ptr_eq(&timed[0].0, &jobs[1]));
        assert_eq!((later.len(), later.follow()), (1, 1));
        assert!(later.remove(&*jobs[1]).is_none());
        let rest = later.take(false);
        assert!(rest.len() == 1 && Arc::ptr_eq(&rest[0].0, &jobs[2]));
        assert_eq!((later.len(), later.follow()), (0, 0));
    }
}
