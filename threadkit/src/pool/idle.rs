//! Waiting until a pool has nothing to do.

use core::time::Duration;

use super::shared::Shared;
use super::thread_pool::ThreadPool;
use super::wait_for::lend_place;
use super::worker_context;
use crate::inspect::{self, Operation};
use crate::wait::{IntoUntil, Outcome, Until, WaitError, Waiter};

// A waiter is granted under the lock of the pool, by the step that makes the pool idle: a worker that looks for a task
// after its last one, or leaves; a task that leaves the backlog without running; and a thread that has run a task as a
// guest. So no such moment is missed, even if the next task comes right after it.

impl ThreadPool {
    /// Waits until the pool is idle: no task runs, and none waits for a thread or for another task.
    ///
    /// The wait ends at the first moment in which that is so, even if more is submitted right after it. The pool stays
    /// open; [`shutdown`](Self::shutdown) also ends it. Tasks whose [time](Self::submit_after) has not come do not
    /// count, and neither do [promises](Self::promise).
    ///
    /// To wait for certain tasks, keep their handles: [`wait_all`](crate::wait_all).
    ///
    /// # Panics
    ///
    /// If a task of this pool waits for it, which would never end.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use threadkit::ThreadPool;
    ///
    /// let (pool, sum) = (ThreadPool::new(2), Arc::new(AtomicU32::new(0)));
    /// for n in 1..=4 {
    ///     let sum = Arc::clone(&sum);
    ///     pool.submit(move || sum.fetch_add(n, Ordering::Relaxed));
    /// }
    /// pool.wait_idle();
    /// assert_eq!(sum.load(Ordering::Relaxed), 10);
    /// ```
    #[track_caller]
    #[doc(alias = "awaitQuiescence")]
    #[doc(alias = "join")]
    pub fn wait_idle(&self) {
        // Without a limit, the wait ends only with what it waits for.
        let _ = self.wait_until_idle(Operation::THREAD_POOL_WAIT_IDLE, &Until::FOREVER);
    }

    /// Whether the pool is idle at this moment; see [`wait_idle`](Self::wait_idle).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// assert!(pool.is_idle());
    /// let task = pool.submit(|| threadkit::stop_token().wait());
    /// assert!(!pool.is_idle());
    /// task.stop();
    /// pool.wait_idle();
    /// ```
    #[must_use]
    #[doc(alias = "isQuiescent")]
    pub fn is_idle(&self) -> bool {
        self.shared().state.lock().is_idle()
    }

    /// Waits until the pool is idle, at most for that time; returns whether it was.
    ///
    /// # Panics
    ///
    /// If a task of this pool waits for it. With `Duration::ZERO` there is no wait, so any task may call it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| threadkit::stop_token().wait());
    /// assert!(!pool.wait_idle_timeout(Duration::from_millis(5)));
    /// task.stop();
    /// assert!(pool.wait_idle_timeout(Duration::from_secs(30)));
    /// ```
    #[must_use = "the pool may not be idle"]
    #[track_caller]
    pub fn wait_idle_timeout(&self, timeout: Duration) -> bool {
        self.wait_until_idle(
            Operation::THREAD_POOL_WAIT_IDLE_TIMEOUT,
            &Until::after(timeout),
        )
        .is_ok()
    }

    /// Waits until the pool is idle, or until a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the wait ended before the pool was idle.
    ///
    /// # Panics
    ///
    /// As [`wait_idle_timeout`](Self::wait_idle_timeout).
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{StopSource, ThreadPool, WaitError};
    ///
    /// let (pool, source) = (ThreadPool::new(1), StopSource::new());
    /// let task = pool.submit(|| threadkit::stop_token().wait());
    /// source.stop();
    /// assert_eq!(pool.wait_idle_until(&source.token()), Err(WaitError::Stopped));
    /// task.stop();
    /// ```
    #[track_caller]
    pub fn wait_idle_until<'a>(&self, until: impl IntoUntil<'a>) -> Result<(), WaitError> {
        self.wait_until_idle(Operation::THREAD_POOL_WAIT_IDLE_UNTIL, &until.into_until())
    }

    #[track_caller]
    fn wait_until_idle(&self, operation: Operation, until: &Until<'_>) -> Result<(), WaitError> {
        let waits = !until.is_over();
        if waits && worker_context::is_of(self.shared()) {
            panic!(
                "a task of pool `{}` waits until that pool is idle, which would never end; \
                 let a thread outside the pool do it",
                self.name()
            );
        }
        let _waiting = inspect::waiting(operation);
        let _lent = waits.then(|| lend_place(self.shared(), until));
        self.shared().wait_until_idle(until)
    }
}

impl Shared {
    fn wait_until_idle(&self, until: &Until<'_>) -> Result<(), WaitError> {
        let waiter = Waiter::new();
        let ticket = {
            let mut state = self.state.lock();
            if state.is_idle() {
                return Ok(());
            }
            state.idlers.push(&waiter)
        };
        let outcome = waiter.wait(until);
        if outcome == Outcome::Granted {
            return Ok(());
        }
        let mut state = self.state.lock();
        state.idlers.remove(ticket, &waiter);
        match outcome {
            _ if state.is_idle() => Ok(()),
            outcome => outcome.result(),
        }
    }
}

#[cfg(all(test, feature = "explore"))]
mod tests {
    use std::sync::Arc;

    use crate::explore::Explorer;
    use crate::{Event, ThreadPool, spawn, stop_token, yield_now};

    #[test]
    fn a_wait_ends_at_the_first_moment_in_which_the_pool_is_idle() {
        Explorer::new().runs(1_500).check(|| {
            let pool = Arc::new(ThreadPool::new(1));
            let go = Arc::new(Event::new());
            let runs = Arc::clone(&go);
            let busy = pool.submit(move || runs.wait());
            let waits = Arc::clone(&pool);
            let waiter = spawn(move || waits.wait_idle());
            while pool.shared().state.lock().idlers.is_empty() {
                yield_now();
            }
            go.set();
            while !pool.is_idle() {
                yield_now();
            }
            let next = pool.submit(|| stop_token().wait());
            waiter.join().unwrap();
            let _ = next.stop();
            busy.join().unwrap();
            next.join().unwrap();
        });
    }
}
