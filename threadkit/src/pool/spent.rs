//! The memory of tasks that have ended, on its way back to the threads that submit tasks.

use core::mem;
use core::sync::atomic::{Ordering, fence};
use std::sync::Arc;

use super::job::Job;

/// How many tasks a worker gathers before it gives them back, and the inbox keeps at most.
const MOST: usize = 256;

/// A task that takes more bytes is freed at once.
const MOST_BYTES: usize = 256;

/// Tasks that have ended and whose memory is all that is left of them.
///
/// The thread that submits a task allocates it, and if the handle is dropped early, a worker has the last reference.
/// Allocators give each thread memory of its own: what another thread frees goes through a structure for which both
/// threads compete, and that takes longer than all else in a short task. So a worker gathers such tasks, and gives many
/// of them back at a time; the next submissions free them where they were allocated, and use their memory.
///
/// # Invariant
///
/// All of them have ended, and nothing else refers to them. So nobody notices when they are dropped, and no code of the
/// program runs then.
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

    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MOST
    }

    pub(super) fn pop(&mut self) -> Option<Arc<dyn Job>> {
        self.0.pop()
    }

    /// Takes over those of `other`, as far as there is room.
    pub(super) fn append(&mut self, other: &mut Self) {
        if self.0.is_empty() {
            mem::swap(&mut self.0, &mut other.0);
        } else if self.0.len() + other.0.len() <= MOST {
            self.0.append(&mut other.0);
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
    use crate::pool::job::TASK;

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
    fn no_more_than_so_many_are_kept_for_the_submitters() {
        let fill = |count: usize| {
            let mut spent = SpentTasks::new();
            (0..count).for_each(|_| spent.push(ran(|| (), 0).0));
            spent
        };
        let (mut inbox, mut worker) = (SpentTasks::new(), fill(MOST - 1));
        assert!(!worker.is_full());
        inbox.append(&mut worker);
        assert!(inbox.0.len() == MOST - 1 && worker.0.is_empty());
        let mut worker = fill(1);
        inbox.append(&mut worker);
        assert!(inbox.is_full() && worker.0.is_empty());
        let mut worker = fill(1);
        inbox.append(&mut worker);
        assert!(inbox.0.len() == MOST && worker.0.len() == 1);
        assert!(inbox.pop().is_some() && !inbox.is_full());
        worker.clear();
        assert!(worker.pop().is_none());
    }
}
