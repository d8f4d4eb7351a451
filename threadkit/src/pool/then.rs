//! A task that follows another.

use std::sync::Arc;

use super::cell::{self, Body};
use super::ending::Ending;
use super::job::{Job, TASK};
use super::job_result::JobResult;
use super::later::Wait;
use super::task::Task;
use crate::inspect::Operation;
use crate::unwind::drop_quietly;

/// The body of a task that follows another: a function of the earlier task's value.
struct Then<T, F> {
    task: Task<T>,
    f: F,
}

// While the earlier task has not ended, its end has a callback with the cell of this one, whose body has the handle of
// the earlier task. The end takes the callback out, and so does every claim with the body, so no task is kept alive by
// the other for longer. The later task becomes pending by `Shared::arrive`: by the callback, or by a thread that has
// waited for the earlier task and needs this one. If the earlier task has failed, no code of the program is left to run
// but a drop, so the callback ends this one at once, and not a worker.

impl<T, F, U> Body for Then<T, F>
where
    T: Send,
    F: FnOnce(T) -> U + Send,
{
    type Output = U;

    fn result(self) -> JobResult<U> {
        let Self { mut task, f } = self;
        let result = match task.take_result() {
            Some(result) => result.or_pass_on(),
            None => unreachable!("a task begins after the one that it follows has ended"),
        };
        match result {
            Ok(value) => JobResult::of(move || f(value)),
            Err(error) => {
                drop_quietly(f);
                error
            }
        }
    }

    fn earlier(&self) -> Option<Arc<dyn Job>> {
        Some(self.task.job())
    }
}

impl<T: Send + 'static> Task<T> {
    /// Makes a task that calls `f` with the value of this one, when this one has returned.
    ///
    /// The new task is one of the same pool. It begins after this one has ended, and no thread waits meanwhile. If this
    /// task panics or is cancelled, so does the new one: `f` is dropped, and [`join`](Self::join) returns the error of
    /// the task that has failed.
    ///
    /// - The pool has accepted the new task by then: its bound does not apply, and [`shutdown`] waits until it has
    ///   ended. If the pool was shut down before, the new task never runs, and its error says so.
    ///   [`shutdown_now`] cancels it if it has not begun.
    /// - [`cancel`](Self::cancel) cancels the new task alone, and the value of this one is dropped.
    ///   [`stop`](Self::stop) stops both, because this one has no other handle.
    /// - `f` gets the value, and never the error. To handle an error, or to go on in another pool, submit a task that
    ///   joins this one: `pool.submit(move || first.join().unwrap_or_default())`. A worker that waits for a task lends
    ///   its place, if the pool has fewer threads than its
    ///   [`max_threads`](crate::ThreadPoolBuilder::max_threads). For two tasks, write
    ///   `a.then(move |a| f(a, b.join().unwrap()))`.
    ///
    /// # Panics
    ///
    /// If this task was awaited to its end before, so that it has no value any more.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(2);
    /// let words = pool.submit(|| "to be or not to be".split(' ').map(str::to_owned).collect());
    /// let count = words
    ///     .then(|mut words: Vec<String>| {
    ///         words.sort();
    ///         words.dedup();
    ///         words
    ///     })
    ///     .then(|words| words.len());
    /// assert_eq!(count.join().unwrap(), 4);
    ///
    /// let failed = pool.submit(|| -> u32 { panic!("no number") }).then(|n| n + 1);
    /// assert!(failed.join().unwrap_err().to_string().ends_with("no number"));
    ///
    /// let failed = pool.submit(|| -> u32 { panic!("no number") });
    /// let handled = pool.submit(move || failed.join().unwrap_or(0));
    /// assert_eq!(handled.join().unwrap(), 0);
    /// ```
    ///
    /// [`shutdown`]: crate::ThreadPool::shutdown
    /// [`shutdown_now`]: crate::ThreadPool::shutdown_now
    #[track_caller]
    #[doc(alias = "thenApply")]
    #[doc(alias = "thenApplyAsync")]
    #[doc(alias = "and_then")]
    #[doc(alias = "map")]
    #[doc(alias = "continue_with")]
    pub fn then<U, F>(mut self, f: F) -> Task<U>
    where
        F: FnOnce(T) -> U + Send + 'static,
        U: Send + 'static,
    {
        // Keeps the outcome.
        let has_outcome = !self.is_finished() || self.peek().is_some();
        assert!(
            has_outcome,
            "the outcome of this task was taken when it was awaited"
        );
        let pool = Arc::clone(self.pool());
        let earlier = self.job();
        let call = Operation::TASK_THEN.here();
        let cell = cell::share_later(Then { task: self, f }, call.makes(TASK));
        call.on(cell.head().site()).did(|| None);
        let job = Arc::clone(&cell) as Arc<dyn Job>;
        if pool.accept(&job, Wait::Task) {
            let pool = Arc::clone(&pool);
            earlier.followed_by(Box::new(move |ending| match ending {
                Ending::Returned => pool.arrive(&job),
                Ending::Panicked | Ending::Cancelled => pool.pass_on(&*job),
            }));
        }
        Task::new(cell, pool)
    }
}
