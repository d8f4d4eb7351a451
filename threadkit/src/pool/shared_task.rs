//! [`SharedTask`].

use core::fmt;
use core::time::Duration;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, OnceLock};

use super::any_task::{AnyTask, Sealed};
use super::ending::Ending;
use super::job_result::JobResult;
use super::task::Task;
use super::task_error::TaskError;
use super::wait_for::Awaited;
use crate::backend::Mutex;
use crate::inspect::{Call, Operation};
use crate::wait::{IntoUntil, Until, WaitError};

/// A handle of a task whose result many threads read; made by [`Task::shared`].
///
/// Clones are handles of the same task. Each of them waits for the task, and gets the value or the error by reference.
/// The result is dropped with the last handle.
///
/// # Differences from Python's `Future` and from shared futures
///
/// `result()` of a Python future returns the same object to every caller; here that is a reference. A caller that needs
/// a value of its own clones it: `task.join().cloned()`. In C++ this is `shared_future`. It is not a future: an
/// executor awaits the [`Task`] itself.
///
/// # Examples
///
/// ```
/// use threadkit::{TaskError, ThreadPool};
///
/// let pool = ThreadPool::new(2);
/// let config = pool.submit(|| String::from("debug")).shared();
/// let readers = [5, 6].map(|n| {
///     let config = config.clone();
///     pool.submit(move || config.join().map_or(0, |level| level.len() * n))
/// });
/// assert_eq!(readers.map(|reader| reader.join().unwrap()), [25, 30]);
/// assert_eq!(config.join().unwrap(), "debug");
/// ```
#[doc(alias = "shared_future")]
pub struct SharedTask<T> {
    inner: Arc<Inner<T>>,
}

/// # Invariant
///
/// `outcome` is set once, under the lock of `collecting`, from the result that the task has left. So every thread that
/// has acquired that lock after the task has ended finds it set. Nothing runs under the lock but moves of the result.
struct Inner<T> {
    task: Task<T>,
    collecting: Mutex<()>,
    outcome: OnceLock<Result<T, TaskError>>,
}

impl<T> Inner<T> {
    /// The outcome, if the task has ended.
    fn outcome(&self) -> Option<&Result<T, TaskError>> {
        if self.outcome.get().is_none() && self.task.is_finished() {
            let _collecting = self.collecting.lock();
            if let Some(result) = self.task.collect() {
                let is_first = self.outcome.set(JobResult::into_result(result)).is_ok();
                debug_assert!(is_first, "a task has one result");
            }
        }
        self.outcome.get()
    }
}

impl<T> Task<T> {
    /// Makes a handle that can be cloned, by which many threads read the result.
    ///
    /// # Panics
    ///
    /// If the task was awaited to its end before, so that it has no result any more.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| vec![1, 2, 3]).shared();
    /// let other = task.clone();
    /// let sum = threadkit::spawn(move || other.join().unwrap().iter().sum::<i32>());
    /// assert_eq!(task.join().unwrap().len(), 3);
    /// assert_eq!(sum.join().unwrap(), 6);
    /// ```
    #[must_use = "the handle is the only way to the result"]
    #[track_caller]
    pub fn shared(mut self) -> SharedTask<T> {
        let outcome = match self.is_finished() {
            true => match self.take_outcome() {
                Some(outcome) => OnceLock::from(outcome),
                None => panic!("the outcome of this task was taken when it was awaited"),
            },
            false => OnceLock::new(),
        };
        SharedTask {
            inner: Arc::new(Inner {
                task: self,
                collecting: Mutex::new(()),
                outcome,
            }),
        }
    }
}

impl<T> SharedTask<T> {
    /// Waits for the task to end, and returns what its body returned.
    ///
    /// # Errors
    ///
    /// [`TaskError`] if the body panicked, or never ran. Every handle returns the same one.
    ///
    /// # Panics
    ///
    /// As [`Task::wait`].
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| String::from("once")).shared();
    /// let mine: Result<String, _> = task.join().cloned();
    /// assert_eq!(mine.unwrap(), "once");
    /// assert_eq!(task.join().unwrap(), "once");
    /// ```
    #[track_caller]
    #[doc(alias = "result")]
    #[doc(alias = "get")]
    pub fn join(&self) -> Result<&T, &TaskError> {
        self.wait_in(Operation::SHARED_TASK_JOIN.here());
        match self.peek() {
            Some(outcome) => outcome,
            None => unreachable!("the task has ended, and only this handle takes its outcome"),
        }
    }

    /// The outcome, if the task has ended. Never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| 42).shared();
    /// task.wait();
    /// assert_eq!(task.peek().unwrap().unwrap(), &42);
    /// ```
    #[must_use]
    #[doc(alias = "exception")]
    pub fn peek(&self) -> Option<Result<&T, &TaskError>> {
        self.inner.outcome().map(Result::as_ref)
    }

    /// Waits for the task to end.
    ///
    /// # Panics
    ///
    /// As [`Task::wait`].
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| ()).shared();
    /// task.wait();
    /// assert!(task.is_finished());
    /// ```
    #[track_caller]
    pub fn wait(&self) {
        self.wait_in(Operation::SHARED_TASK_WAIT.here());
    }

    #[track_caller]
    fn wait_in(&self, call: Call) {
        // Without a limit, the wait ends only with the task.
        let _ = self.inner.task.wait_for_end(call, &Until::FOREVER);
    }

    /// Waits for the task to end, for at most that long; returns whether it has ended.
    ///
    /// # Panics
    ///
    /// As [`Task::wait`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| threadkit::stop_token().wait()).shared();
    /// assert!(!task.wait_timeout(Duration::from_millis(5)));
    /// task.stop();
    /// ```
    #[must_use = "the task may not have ended"]
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        let call = Operation::SHARED_TASK_WAIT_TIMEOUT.here();
        let until = Until::after(timeout);
        self.inner.task.wait_for_end(call, &until).is_ok()
    }

    /// Waits for the task to end, or until a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the wait ended before the task did.
    ///
    /// # Panics
    ///
    /// As [`Task::wait`].
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{StopSource, ThreadPool, WaitError};
    ///
    /// let (pool, source) = (ThreadPool::new(1), StopSource::new());
    /// let task = pool.submit(|| threadkit::stop_token().wait()).shared();
    /// source.stop();
    /// assert_eq!(task.wait_until(&source.token()), Err(WaitError::Stopped));
    /// task.stop();
    /// ```
    #[track_caller]
    pub fn wait_until<'a>(&self, until: impl IntoUntil<'a>) -> Result<(), WaitError> {
        let call = Operation::SHARED_TASK_WAIT_UNTIL.here();
        self.inner.task.wait_for_end(call, &until.into_until())
    }

    /// Whether the task has ended, in any way. Never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| threadkit::stop_token().wait()).shared();
    /// assert!(!task.is_finished());
    /// task.stop();
    /// task.wait();
    /// assert!(task.is_finished());
    /// ```
    #[must_use]
    #[doc(alias = "done")]
    pub fn is_finished(&self) -> bool {
        self.inner.task.is_finished()
    }

    /// Whether the task has begun and has not ended; see [`Task::is_running`].
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| ()).shared();
    /// task.wait();
    /// assert!(!task.is_running());
    /// ```
    #[must_use]
    #[doc(alias = "running")]
    pub fn is_running(&self) -> bool {
        self.inner.task.is_running()
    }

    /// Cancels the task if it has not begun, for all handles; returns whether it did.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let busy = pool.submit(|| threadkit::stop_token().wait());
    /// let task = pool.submit(|| "never").shared();
    /// assert!(task.clone().cancel());
    /// assert!(task.join().unwrap_err().is_cancelled());
    /// busy.stop();
    /// ```
    pub fn cancel(&self) -> bool {
        self.inner.task.cancel()
    }

    /// Requests the task to stop, for all handles; returns whether this was the first request.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| threadkit::stop_token().wait()).shared();
    /// assert!(task.clone().stop());
    /// assert!(!task.stop());
    /// task.join().unwrap();
    /// ```
    #[doc(alias = "interrupt")]
    pub fn stop(&self) -> bool {
        self.inner.task.stop()
    }

    /// Calls `callback` when the task has ended, or at once if it has; see [`Task::on_done`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use threadkit::Ending;
    ///
    /// let pool = threadkit::ThreadPool::new(1);
    /// let (ended, endings) = mpsc::channel();
    /// let task = pool.submit(|| 42).shared();
    /// task.on_done(move |how| ended.send(how).unwrap());
    /// assert_eq!(endings.recv(), Ok(Ending::Returned));
    /// ```
    #[doc(alias = "add_done_callback")]
    pub fn on_done(&self, callback: impl FnOnce(Ending) + Send + 'static) {
        self.inner.task.on_done(callback);
    }
}

/// One more handle of the same task.
impl<T> Clone for SharedTask<T> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<T> Sealed for SharedTask<T> {}

impl<T> AnyTask for SharedTask<T> {
    fn __awaited(&self) -> Awaited {
        self.inner.task.awaited()
    }
}

// The result is set whole or not at all; after that, only references to it are given out.
impl<T: RefUnwindSafe> UnwindSafe for SharedTask<T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for SharedTask<T> {}

impl<T> fmt::Debug for SharedTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedTask").field(&self.inner.task).finish()
    }
}
