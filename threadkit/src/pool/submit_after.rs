//! Tasks that begin after a time.

use core::time::Duration;
use std::sync::Arc;

use super::cell;
use super::job::{Job, TASK};
use super::later::Wait;
use super::shared::Shared;
use super::task::Task;
use super::thread_pool::ThreadPool;
use crate::inspect::Operation;
use crate::threads::Run;
use crate::timer::Timer;

impl ThreadPool {
    /// Submits a task when that time has passed. It can be joined and cancelled from now on.
    ///
    /// It waits for its time without a thread, as a [`Timer`] does, and then for a free thread, like every other task
    /// of the pool; the bound of the backlog does not apply. `Duration::MAX` means never, so that it can only be
    /// cancelled. For a moment in time, pass what is left: `when.saturating_duration_since(Instant::now())`.
    ///
    /// A pool does not wait for such times. If it is shut down or dropped before, the task is cancelled, and so it is
    /// at the end of [`#[threadkit::main]`](macro@crate::main), which cancels the timers. In a pool that was shut down
    /// already, the task never runs, and its error says so.
    ///
    /// # Differences from Java's `ScheduledExecutorService`
    ///
    /// A shutdown there waits for delayed tasks, unless a policy says otherwise. For work that repeats, use
    /// [`Timer::every`] or [`Timer::with_pause`], which submit or do it.
    ///
    /// # Panics
    ///
    /// If the timers' thread does not run yet and the system refuses to start it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let soon = pool.submit_after(Duration::from_millis(5), || "five milliseconds later");
    /// assert_eq!(soon.join().unwrap(), "five milliseconds later");
    ///
    /// let never = pool.submit_after(Duration::from_secs(3600), || unreachable!());
    /// assert!(never.cancel());
    /// assert!(never.join().unwrap_err().is_cancelled());
    /// ```
    #[track_caller]
    #[doc(alias = "schedule")]
    #[doc(alias = "submit_at")]
    #[doc(alias = "call_later")]
    #[doc(alias = "delayedExecutor")]
    pub fn submit_after<R>(&self, delay: Duration, body: R) -> Task<R::Output>
    where
        R: Run + Send + 'static,
        R::Output: Send + 'static,
    {
        let pool = self.shared();
        let call = Operation::THREAD_POOL_SUBMIT_AFTER.here();
        let cell = cell::share_later(body, call.makes(TASK));
        call.on(cell.head().site()).did(|| None);
        let job = Arc::clone(&cell) as Arc<dyn Job>;
        if pool.accept(&job, Wait::Time(None)) {
            let due = Due {
                job: Arc::clone(&job),
                pool: Arc::clone(pool),
            };
            let timer = Timer::after(delay, move || due.pool.arrive(&due.job));
            let left = pool.state.lock().later.set_timer(&*job, timer);
            // The task was cancelled in the meantime, or the time was short.
            if let Some(timer) = left {
                timer.cancel();
            }
        }
        Task::new(cell, Arc::clone(pool))
    }
}

/// The timer of a task. If the timer is cancelled, it drops this before the task has arrived, and so cancels the task.
struct Due {
    job: Arc<dyn Job>,
    pool: Arc<Shared>,
}

impl Drop for Due {
    fn drop(&mut self) {
        if self.job.head().is_later() {
            self.job.end(None, &*self.pool);
        }
    }
}
