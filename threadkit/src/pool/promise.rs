//! [`Promise`].

use core::fmt;
use core::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::cell::{self, Body, TaskCell};
use super::job::{Job, TASK};
use super::job_result::JobResult;
use super::task::Task;
use super::task_error::TaskError;
use super::thread_pool::ThreadPool;
use crate::inspect::Operation;
use crate::wait::StopToken;

/// The other end of a [`Task`] whose value comes from code that sets it, and not from a body.
///
/// It is made by [`ThreadPool::promise`], for a value that a callback, a protocol or another library brings. The task
/// is like every other one: it can be joined, awaited, shared, cancelled, and followed by [`then`](Task::then).
///
/// A task that waits for a promise lends its place, so a task of the same pool can set it. Only a pool that has reached
/// its [`max_threads`](crate::ThreadPoolBuilder::max_threads) has no thread left for that.
///
/// A promise that is dropped before it was set, also by a panic, ends the task with [`TaskError::Dropped`]. So no
/// thread waits for a value that cannot come any more.
///
/// # Differences from Python and Java
///
/// Python's `Future.set_result` and Java's `CompletableFuture.complete` are on the future itself, so any of its owners
/// can set it, and none has to. Here the two ends are two values, and [`set`](Self::set) consumes its end.
/// `set_exception` and `completeExceptionally` are a promise of a `Result`.
///
/// # Differences from channels
///
/// It is a channel for one value (`oneshot` in tokio), whose receiver is a task.
///
/// # Examples
///
/// ```
/// use threadkit::{TaskError, ThreadPool};
///
/// let pool = ThreadPool::new(1);
/// let (promise, answer) = pool.promise();
/// let thread = threadkit::spawn(move || promise.set(6 * 7));
/// assert_eq!(answer.join().unwrap(), 42);
/// assert_eq!(thread.join().unwrap(), Ok(()));
///
/// let (promise, answer) = pool.promise::<u32>();
/// drop(promise);
/// assert!(matches!(answer.join(), Err(TaskError::Dropped)));
/// ```
#[must_use = "dropping a promise ends its task with an error"]
#[doc(alias = "CompletableFuture")]
#[doc(alias = "SettableFuture")]
#[doc(alias = "oneshot")]
pub struct Promise<T: Send> {
    cell: Arc<TaskCell<Unset<T>>>,
}

/// The body of a task that never runs.
struct Unset<T>(PhantomData<fn() -> T>);

// The task is claimed by one swap, like every other: by `set`, by the drop of the promise, or by a cancellation.
// The first of them decides, and the others know that they came too late.

impl<T: Send> Body for Unset<T> {
    type Output = T;

    fn result(self) -> JobResult<T> {
        unreachable!("a task that is promised never runs")
    }
}

impl ThreadPool {
    /// Makes a task whose value is set through a [`Promise`].
    ///
    /// The task takes no thread of the pool. What follows it ([`then`](Task::then)) runs there; a pool of which only
    /// promises are used has no threads. A [`shutdown`](Self::shutdown) does not wait for the promise, but for what
    /// follows it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{ThreadPool, Timer};
    ///
    /// let pool = ThreadPool::new(1);
    /// let (promise, tick) = pool.promise();
    /// let report = tick.then(|n: u32| format!("{n} ticks"));
    /// Timer::after(Duration::from_millis(5), move || promise.set(3).unwrap());
    /// assert_eq!(report.join().unwrap(), "3 ticks");
    /// ```
    #[track_caller]
    pub fn promise<T: Send + 'static>(&self) -> (Promise<T>, Task<T>) {
        let call = Operation::THREAD_POOL_PROMISE.here();
        let cell = cell::share_promised(Unset(PhantomData), call.makes(TASK));
        call.on(cell.head().site()).did(|| None);
        let task = Task::new(Arc::clone(&cell) as Arc<_>, Arc::clone(self.shared()));
        (Promise { cell }, task)
    }
}

impl<T: Send> Promise<T> {
    /// Ends the task with that value, and wakes all that wait for it.
    ///
    /// If the handle of the task was dropped, the value is dropped.
    ///
    /// # Errors
    ///
    /// The value, if the task was cancelled before.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let (promise, task) = pool.promise();
    /// assert_eq!(promise.set("early"), Ok(()));
    /// assert_eq!(task.join().unwrap(), "early");
    ///
    /// let (promise, task) = pool.promise();
    /// assert!(task.cancel());
    /// assert_eq!(promise.set("late"), Err("late"));
    /// ```
    #[doc(alias = "complete")]
    #[doc(alias = "set_result")]
    #[doc(alias = "fulfill")]
    #[doc(alias = "resolve")]
    #[doc(alias = "send")]
    #[track_caller]
    pub fn set(self, value: T) -> Result<(), T> {
        let call = Operation::PROMISE_SET.here();
        call.on(self.cell.head().site()).did(|| None);
        match self.cell.settle(JobResult::Returned(value)) {
            Err(JobResult::Returned(value)) => Err(value),
            _ => Ok(()),
        }
    }

    /// Whether the value would reach a handle: the task was not cancelled, and its handle was not dropped.
    ///
    /// Code that computes the value can look, and stop when nothing needs it.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let (promise, task) = pool.promise::<u32>();
    /// assert!(promise.is_wanted());
    /// drop(task);
    /// assert!(!promise.is_wanted());
    /// ```
    #[must_use]
    #[doc(alias = "isCancelled")]
    #[doc(alias = "is_closed")]
    pub fn is_wanted(&self) -> bool {
        self.cell.is_wanted()
    }

    /// The token that [`Task::stop`] stops.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let (promise, task) = pool.promise();
    /// let work = threadkit::spawn(move || {
    ///     promise.stop_token().wait();
    ///     promise.set("stopped")
    /// });
    /// task.stop();
    /// assert_eq!(task.join().unwrap(), "stopped");
    /// work.join().unwrap().unwrap();
    /// ```
    #[must_use]
    pub fn stop_token(&self) -> StopToken {
        self.cell.head().source().token()
    }
}

impl<T: Send> Drop for Promise<T> {
    fn drop(&mut self) {
        // Without effect on a task that has ended.
        let _ = self
            .cell
            .settle(JobResult::Failed(Box::new(TaskError::Dropped)));
    }
}

// A value is handed over whole or not at all, so no panic can leave it half changed.
impl<T: Send> UnwindSafe for Promise<T> {}
impl<T: Send> RefUnwindSafe for Promise<T> {}

impl<T: Send> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promise")
            .field("wanted", &self.is_wanted())
            .finish_non_exhaustive()
    }
}
