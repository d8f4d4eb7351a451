//! A task that its pool has returned without running it.

use core::fmt;
use std::sync::Arc;

use super::job::Job;
use super::run::run_inline;
use super::shared::Shared;
use super::worker_context::StoppedBy;

/// A task that [`ThreadPool::shutdown_now`](crate::ThreadPool::shutdown_now) took out before it ran.
///
/// [`run`](Self::run) runs it after all, and dropping it cancels it. Its [`Task`](crate::Task) ends accordingly.
///
/// # Examples
///
/// ```
/// use threadkit::ThreadPool;
/// # use std::sync::mpsc;
///
/// let pool = ThreadPool::new(1);
/// # let (entered, begun) = mpsc::channel();
/// let busy = pool.submit(move || {
/// #   entered.send(()).unwrap();
///     threadkit::stop_token().wait()
/// });
/// let first = pool.submit(|| 1);
/// let second = pool.submit(|| 2);
/// # begun.recv().unwrap();
///
/// let mut unrun = pool.shutdown_now();
/// assert_eq!(unrun.len(), 2);
/// unrun.remove(0).run();
/// drop(unrun);
///
/// assert_eq!(first.join().unwrap(), 1);
/// assert!(second.join().unwrap_err().is_cancelled());
/// busy.join().unwrap();
/// ```
#[must_use = "dropping an unrun task cancels it"]
pub struct Unrun {
    job: Arc<dyn Job>,
    pool: Arc<Shared>,
}

impl Unrun {
    /// Keeps the tasks that are not claimed and that only their handles rely on. The parts of a scope or a map are
    /// cancelled: a scope must not wait for a task that may be kept for ever.
    pub(super) fn all(jobs: Vec<Arc<dyn Job>>, pool: &Arc<Shared>) -> Vec<Self> {
        let mut free = Vec::new();
        for job in jobs {
            match job.head().may_be_kept() {
                true => free.push(job),
                false => _ = job.end(None, &**pool),
            }
        }
        // The end of a part may have cancelled some of them.
        let mut kept = Vec::new();
        for job in free {
            if job.head().is_pending() {
                let pool = Arc::clone(pool);
                kept.push(Self { job, pool });
            }
        }
        kept
    }

    /// Runs the task on the current thread; returns whether it did. It does not if the task was cancelled before,
    /// or was run by a task of the pool that joins it.
    ///
    /// A panic goes to the [`Task`](crate::Task), as it would have from the pool.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{Event, ThreadPool};
    ///
    /// let (pool, begun) = (ThreadPool::new(1), Arc::new(Event::new()));
    /// let entered = Arc::clone(&begun);
    /// let busy = pool.submit(move || {
    ///     entered.set();
    ///     threadkit::stop_token().wait()
    /// });
    /// let answer = pool.submit(|| 42);
    /// begun.wait();
    /// for task in pool.shutdown_now() {
    ///     assert!(task.run()); // here, as the pool takes no more
    /// }
    /// assert_eq!(answer.join().unwrap(), 42);
    /// ```
    pub fn run(self) -> bool {
        run_inline(&self.job, &self.pool, StoppedBy::ItsHost)
    }

    /// Whether there is nothing left to run: the task was cancelled, or was run by a task of the pool that joins
    /// it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{Event, ThreadPool};
    ///
    /// let (pool, begun) = (ThreadPool::new(1), Arc::new(Event::new()));
    /// let entered = Arc::clone(&begun);
    /// let busy = pool.submit(move || {
    ///     entered.set();
    ///     threadkit::stop_token().wait()
    /// });
    /// let answer = pool.submit(|| 42);
    /// begun.wait();
    /// let unrun = pool.shutdown_now().remove(0);
    /// assert!(!unrun.is_cancelled());
    /// answer.cancel();
    /// assert!(unrun.is_cancelled());
    /// assert!(!unrun.run());
    /// ```
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        !self.job.head().is_pending()
    }
}

impl Drop for Unrun {
    fn drop(&mut self) {
        // Without effect on one that has been run.
        self.job.end(None, &*self.pool);
    }
}

impl fmt::Debug for Unrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unrun")
            .field("cancelled", &self.is_cancelled())
            .finish()
    }
}
