//! The memory of tasks that have ended, on its way back to the threads that submit tasks.

use core::mem;
use core::sync::atomic::{Ordering, fence};
use std::sync::Arc;

use super::job::{AnyJob, Job};
use crate::backend::prefetch_ends_for_write;

/// How many tasks a worker gathers before it gives them back.
const GATHERED: usize = 64;

/// How many tasks the inbox keeps at most.
const KEPT: usize = 512;

/// A task that takes more bytes is freed at once.
const MOST_BYTES: usize = 256;

/// Tasks that have ended and whose memory is all that is left of them.
///
/// The thread that submits a task allocates it, and if the handle is dropped early, a worker has the last reference.
/// Allocators give each thread memory of its own: what another thread frees goes through a structure for which both
/// threads compete, and that takes longer than all else in a short task. So a worker gathers such tasks, and gives many
/// of them back at a time. The next submissions put tasks of the same type in their places, and free the others where
/// they were allocated.
///
/// # Invariant
///
/// All of them have ended, and nothing else refers to them. So nobody notices when they are dropped or replaced, and no
/// code of the program runs then.
pub(super) struct SpentTasks(Vec<Arc<dyn Job>>);

impl SpentTasks {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Takes over a task that the caller has run; drops it if anything but its memory is left.
    pub(super) fn push(&mut self, job: Arc<dyn Job>) {
        // Only an owner can make further references, and a task that is known by its address alone is looked up in its
        // pool, which it has left.
        if Arc::strong_count(&job) != 1 {
            return;
        }
        // Pairs with the release in the drop of the other references: what their owners have done is seen below.
        fence(Ordering::Acquire);
        if job.head().is_plain() && size_of_val(&*job) <= MOST_BYTES {
            self.0.push(job);
        }
    }

    /// Puts a new task into the place of one of its type, if that is the next. Otherwise returns it, and the next one,
    /// which can only be freed.
    pub(super) fn put_in<T: Send + Sync + 'static>(
        &mut self,
        new: T,
    ) -> Result<Arc<T>, (T, Option<AnyJob>)> {
        let mut place = match self.pop().and_then(Job::into_any).map(Arc::downcast) {
            Some(Ok(place)) => place,
            Some(Err(other)) => return Err((new, Some(other))),
            None => return Err((new, None)),
        };
        match Arc::get_mut(&mut place) {
            Some(ended) => *ended = new,
            None => unreachable!("nothing else refers to it"),
        }
        if let Some(next) = self.0.last() {
            prefetch_ends_for_write(&**next);
        }
        Ok(place)
    }

    /// Whether tasks of that type can be among them.
    pub(super) const fn may_have<T>() -> bool {
        size_of::<T>() <= MOST_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= GATHERED
    }

    pub(super) fn pop(&mut self) -> Option<Arc<dyn Job>> {
        self.0.pop()
    }

    /// Takes over those of `other`, as far as there is room.
    pub(super) fn append(&mut self, other: &mut Self) {
        if self.0.is_empty() {
            mem::swap(&mut self.0, &mut other.0);
        } else {
            let room = KEPT.saturating_sub(self.0.len());
            let first = other.0.len().saturating_sub(room);
            self.0.extend(other.0.drain(first..));
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Site;
    use crate::pool::cell;
    use crate::pool::job::{Returning, TASK};
    use crate::pool::job_result::JobResult;

    /// A task that has run, and as many other references to it as `others`.
    fn ran<R: crate::Run<Output: Send> + Send + 'static>(
        body: R,
        others: usize,
    ) -> (Arc<dyn Job>, Vec<Arc<dyn Job>>) {
        let job: Arc<dyn Job> = cell::share(body, Site::new(TASK));
        assert!(job.run());
        let others = (0..others).map(|_| Arc::clone(&job)).collect();
        (job, others)
    }

    #[test]
    fn only_a_task_of_which_nothing_but_memory_is_left_is_kept() {
        let mut spent = SpentTasks::new();
        let (job, others) = ran(|| (), 1);
        spent.push(job);
        assert!(spent.0.is_empty(), "a handle may still take its result");
        assert_eq!(Arc::strong_count(&others[0]), 1);

        let (job, _) = ran(|| (), 0);
        let token = job.head().source().token();
        let told = Arc::new(());
        let in_callback = Arc::clone(&told);
        let registration = token.on_stop(move || drop(in_callback));
        spent.push(job);
        assert!(
            spent.0.is_empty(),
            "it would keep the callbacks of its token"
        );
        drop((registration, token));
        assert_eq!(Arc::strong_count(&told), 1);

        let large = [0_u8; MOST_BYTES + 1];
        let (job, _) = ran(move || core::hint::black_box(large).len(), 0);
        spent.push(job);
        assert!(spent.0.is_empty(), "it is too large");

        spent.push(ran(|| (), 0).0);
        assert_eq!(spent.0.len(), 1);
    }

    #[test]
    fn a_new_task_takes_the_place_of_one_of_its_type() {
        fn body(n: u32) -> impl Fn() -> u32 {
            move || n
        }
        let new = |n| cell::hold(body(n), Site::new(TASK));
        let mut spent = SpentTasks::new();
        let (new_two, nothing) = spent.put_in(new(2)).err().unwrap();
        assert!(nothing.is_none());

        let (job, _) = ran(body(1), 0);
        let memory = Arc::as_ptr(&job).addr();
        job.head().set_unwanted();
        job.head().set_place(7);
        spent.push(job);
        let Ok(two) = spent.put_in(new_two) else {
            panic!("it is of the same type");
        };
        assert_eq!(Arc::as_ptr(&two).addr(), memory);
        // Nothing is left of the first.
        let head = two.head();
        assert!(head.is_pending() && !head.is_unwanted() && head.place() == u64::MAX);
        assert!(two.run());
        assert!(matches!(two.collect(), Some(JobResult::Returned(2))));

        spent.push(ran(|| 1_u32, 0).0);
        let (three, other) = spent.put_in(new(3)).err().unwrap();
        assert!(other.is_some() && spent.is_empty());
        assert!(Arc::new(three).run());
    }

    #[test]
    fn no_more_than_so_many_are_kept_for_the_submitters() {
        let fill = |count: usize| {
            let mut spent = SpentTasks::new();
            (0..count).for_each(|_| spent.push(ran(|| (), 0).0));
            spent
        };
        assert!(!fill(GATHERED - 1).is_full() && fill(GATHERED).is_full());
        let (mut inbox, mut worker) = (SpentTasks::new(), fill(KEPT - 2));
        inbox.append(&mut worker);
        assert!(inbox.0.len() == KEPT - 2 && worker.0.is_empty());
        let mut worker = fill(3);
        inbox.append(&mut worker);
        assert!(inbox.0.len() == KEPT && worker.0.len() == 1);
        inbox.append(&mut worker);
        assert!(inbox.0.len() == KEPT && worker.0.len() == 1);
        assert!(inbox.pop().is_some());
        inbox.append(&mut worker);
        assert!(inbox.0.len() == KEPT && worker.0.is_empty());
        inbox.clear();
        assert!(inbox.is_empty() && inbox.pop().is_none());
    }
}
