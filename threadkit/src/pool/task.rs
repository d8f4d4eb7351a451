//! The handle of a submitted task.

use core::fmt;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::ending::Ending;
use super::job::{Job, Returning};
use super::job_result::JobResult;
use super::shared::Shared;
use super::task_error::TaskError;
use super::wait_for::{Awaited, Refusable, wait_for};
use crate::backend::Mutex;
use crate::inspect::{Call, Operation};
use crate::wait::{IntoUntil, Until, WaitError};

/// A task that was submitted to a [`ThreadPool`](crate::ThreadPool).
///
/// Dropping it does not stop the task: use [`cancel`](Self::cancel) or [`stop`](Self::stop) for that. A panic that
/// no handle can return any more goes to the [except hook](crate::set_excepthook); an `Err` that the task returned
/// does not, and is dropped with the handle.
///
/// # Waiting in a task for another one
///
/// A task may wait for tasks of its own pool and of others, as deep as it likes. A wait without a limit for one task of
/// the same pool that has not begun runs it inline, and interrupts the waiting task. The awaited task has a name, a
/// stop token and locks of its own. It does not share a lock that the waiting task holds, and debug builds report that
/// instead of waiting for ever. During any other wait, for a task that has begun, for several tasks, with a limit, for
/// a task of another pool, or where the stack is more than half full, another worker runs tasks in the place of the one
/// that waits. The awaited tasks then begin first. Only this makes a pool run more threads than it was made for, and
/// [`max_threads`](crate::ThreadPoolBuilder::max_threads) bounds their number: by default, 256 more than its size. At
/// the bound, no thread runs tasks in the place of one that waits. If that many tasks wait for promises, and only a
/// pending task of the same pool sets these, none of them goes on.
///
/// A task may also wait for threads, by a join, a scope of threads or an exit guard, and for timers. It keeps its place
/// meanwhile, so that a pool of four runs four such tasks at once and not more. Only if all threads of the pool wait in
/// tasks, and some thread waits for a task that has not begun, another worker runs that one. At the
/// bound no worker can be started for it. A task that waits for a thread, which waits for a pending task, then waits
/// until something else ends the wait of that thread.
///
/// A task that waits for anything else, such as a lock, an event or a queue, keeps its place. If only a task that has
/// not begun could end that wait, and no thread of the pool is free, neither goes on. Join the task instead, or give
/// the pool one more thread.
///
/// A task that was [taken out](crate::Unrun) of its pool and is kept has not ended. A task of that pool that waits
/// for it without a deadline runs it, or has another thread run it. Any other thread waits until it is run or
/// dropped.
///
/// # As a future
///
/// A task can be awaited in any executor. It does not need to be polled to make progress, and dropping
/// the future does not cancel it. But the pool cannot see an executor that blocks its thread: inside a task, such
/// a thread does not lend its place, and may wait for ever for a task of its own pool. Use [`join`](Self::join)
/// there.
///
/// # Differences from Python's `Future`
///
/// [`join`](Self::join) is `result()`: it moves the value out, so it consumes the task, and what would be raised
/// comes back as an error. [`stop`](Self::stop) works on a task that runs, where Python can only cancel one that
/// does not. A callback receives how the task ended, and not the value; its panic is reported and keeps no other
/// from being called. And:
///
/// - `result(timeout)` is [`wait_timeout`](Self::wait_timeout) and then `join`;
/// - `exception()` and `cancelled()` are [`peek`](Self::peek), which never waits; `running()` is
///   [`is_running`](Self::is_running);
/// - [`cancel`](Self::cancel) returns `true` once: to the caller that has cancelled the task, and not to later
///   ones;
/// - a value is returned once, because it is handed over; [`shared`](Self::shared) makes a handle by which many threads
///   read it;
/// - a future that is fulfilled by `set_result` is a [`Promise`](crate::Promise), and has no `set_exception`: its value
///   can be a `Result`.
///
/// # Differences from Java's `CompletableFuture`
///
/// [`then`](Self::then) is `thenApplyAsync`: what follows is a task of the same pool. There is one such method, for a
/// value: to handle an error, or to combine several tasks, submit a task that joins them. Another thread runs tasks in
/// its place, as long as the pool has fewer than [`max_threads`](crate::ThreadPoolBuilder::max_threads). `complete` is
/// [`Promise::set`](crate::Promise::set).
///
/// # Examples
///
/// ```
/// use threadkit::ThreadPool;
///
/// let pool = ThreadPool::new(4);
/// let words = pool.submit(|| "to be or not to be".split(' ').count());
/// let letters = pool.submit(|| "to be or not to be".len());
/// assert_eq!(words.join().unwrap(), 6);
/// assert_eq!(letters.join().unwrap(), 18);
/// ```
#[doc(alias = "CompletableFuture")]
#[doc(alias = "Future")]
pub struct Task<T> {
    cell: Arc<dyn Returning<T>>,
    pool: Arc<Shared>,
    /// The outcome, once it was looked at. Never locked: the lock makes a task `Sync` whose value is not. Boxed, because
    /// few tasks are looked at before they are joined.
    outcome: Mutex<Option<Box<Result<T, TaskError>>>>,
}

impl<T> Task<T> {
    pub(super) fn new(cell: Arc<dyn Returning<T>>, pool: Arc<Shared>) -> Self {
        Self {
            cell,
            pool,
            outcome: Mutex::new(None),
        }
    }

    pub(super) fn awaited(&self) -> Awaited {
        Awaited::new(self.job(), Arc::clone(&self.pool))
    }

    pub(super) fn pool(&self) -> &Arc<Shared> {
        &self.pool
    }

    pub(super) fn job(&self) -> Arc<dyn Job> {
        Arc::clone(&self.cell) as Arc<dyn Job>
    }

    /// Waits for the task to end and returns what its body returned.
    ///
    /// # Errors
    ///
    /// [`TaskError`] if the body panicked, or never ran.
    ///
    /// # Panics
    ///
    /// If a task joins itself, or one that it has interrupted, which would never end. If no thread can begin the
    /// task because of [`max_threads`](crate::ThreadPoolBuilder::max_threads). If the task was awaited to its end
    /// before.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let sum = pool.submit(|| (1..=100).sum::<u32>());
    /// assert_eq!(sum.join().unwrap(), 5050);
    /// ```
    #[track_caller]
    #[doc(alias = "result")]
    #[doc(alias = "get")]
    pub fn join(self) -> Result<T, TaskError> {
        self.join_in(Operation::TASK_JOIN.here())
    }

    /// As [`join`](Self::join), as a part of another operation.
    #[track_caller]
    pub(super) fn join_in(mut self, call: Call) -> Result<T, TaskError> {
        // Without a limit, the wait ends only with the task.
        let _ = self.wait_for_end(call, &Until::FOREVER);
        match self.take_outcome() {
            Some(outcome) => outcome,
            None => panic!("the outcome of this task was taken when it was awaited"),
        }
    }

    /// Waits for the task to end; its outcome stays for [`join`](Self::join).
    ///
    /// # Panics
    ///
    /// If a task waits for itself, or for one that it has interrupted; or if no thread can begin the task because
    /// of [`max_threads`](crate::ThreadPoolBuilder::max_threads).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| 42);
    /// task.wait();
    /// assert!(task.is_finished());
    /// assert_eq!(task.join().unwrap(), 42);
    /// ```
    #[track_caller]
    pub fn wait(&self) {
        // Without a limit, the wait ends only with the task.
        let _ = self.wait_for_end(Operation::TASK_WAIT.here(), &Until::FOREVER);
    }

    /// Waits for the task to end, for at most that long; returns whether it has ended.
    ///
    /// # Panics
    ///
    /// If a task waits for itself, or for one that it has interrupted; or if no thread can begin the task because
    /// of [`max_threads`](crate::ThreadPoolBuilder::max_threads).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| threadkit::stop_token().wait());
    /// assert!(!task.wait_timeout(Duration::from_millis(5)), "it waits for its stop");
    ///
    /// task.stop();
    /// task.join().unwrap();
    /// ```
    #[must_use = "the task may not have ended"]
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_for_end(Operation::TASK_WAIT_TIMEOUT.here(), &Until::after(timeout))
            .is_ok()
    }

    /// Waits for the task to end, or until a deadline or a stop token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the wait ended before the task did; the token is that of the *waiter*.
    ///
    /// # Panics
    ///
    /// If a task waits for itself, or for one that it has interrupted; or if no thread can begin the task because
    /// of [`max_threads`](crate::ThreadPoolBuilder::max_threads).
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{StopSource, ThreadPool, WaitError};
    ///
    /// let pool = ThreadPool::new(1);
    /// let task = pool.submit(|| threadkit::stop_token().wait());
    /// let source = StopSource::new();
    /// source.stop(); // stops the wait, and not the task
    /// assert_eq!(task.wait_until(&source.token()), Err(WaitError::Stopped));
    ///
    /// task.stop();
    /// task.join().unwrap();
    /// ```
    #[track_caller]
    pub fn wait_until<'a>(&self, until: impl IntoUntil<'a>) -> Result<(), WaitError> {
        self.wait_for_end(Operation::TASK_WAIT_UNTIL.here(), &until.into_until())
    }

    #[track_caller]
    pub(super) fn wait_for_end(&self, call: Call, until: &Until<'_>) -> Result<(), WaitError> {
        let head = self.cell.head();
        let call = call.on(head.site());
        if head.is_done() {
            call.did(|| head.shown_end());
            return Ok(());
        }
        let awaited = self.awaited();
        let _waiting = call.waiting_for(&awaited);
        let waited = wait_for(&awaited, until, Refusable::Yes);
        call.did(|| match waited {
            Ok(()) => head.shown_end(),
            Err(error) => Some(error.shown()),
        });
        waited
    }

    /// Whether the task has ended, in any way. Never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| threadkit::stop_token().wait());
    /// assert!(!task.is_finished());
    /// task.stop();
    /// task.wait();
    /// assert!(task.is_finished());
    /// ```
    #[must_use]
    #[doc(alias = "done")]
    pub fn is_finished(&self) -> bool {
        self.cell.head().is_done()
    }

    /// Whether the task has begun and has not ended. Never waits.
    ///
    /// The answer may be old when it arrives: use it to show a state, and [`cancel`](Self::cancel) to find out whether
    /// a task can still be kept from running.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{Event, ThreadPool};
    ///
    /// let (pool, begun) = (ThreadPool::new(1), Arc::new(Event::new()));
    /// let entered = Arc::clone(&begun);
    /// let first = pool.submit(move || {
    ///     entered.set();
    ///     threadkit::stop_token().wait();
    /// });
    /// let second = pool.submit(|| ());
    /// begun.wait();
    /// assert!(first.is_running() && !second.is_running());
    /// first.stop();
    /// first.wait();
    /// assert!(!first.is_running());
    /// ```
    #[must_use]
    #[doc(alias = "running")]
    pub fn is_running(&self) -> bool {
        self.cell.head().is_claimed()
    }

    /// Looks at the outcome, if the task has ended; it stays for [`join`](Self::join).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let mut task = pool.submit(|| 42);
    /// task.wait();
    /// assert_eq!(*task.peek().unwrap().unwrap(), 42);
    /// assert_eq!(task.join().unwrap(), 42);
    /// ```
    #[must_use]
    #[doc(alias = "exception")]
    pub fn peek(&mut self) -> Option<Result<&T, &TaskError>> {
        let kept = self.outcome.get_mut();
        if kept.is_none() {
            let collected = self.cell.collect().map(JobResult::into_result);
            *kept = collected.map(Box::new);
        }
        kept.as_deref().map(Result::as_ref)
    }

    pub(super) fn take_outcome(&mut self) -> Option<Result<T, TaskError>> {
        let kept = self.outcome.get_mut().take();
        let kept = kept.map(|outcome| *outcome);
        kept.or_else(|| self.collect().map(JobResult::into_result))
    }

    /// The result of the task, if it has ended and its outcome was not looked at.
    pub(super) fn collect(&self) -> Option<JobResult<T>> {
        self.cell.collect()
    }

    /// The result of the task, which has ended; `None` if it was taken before.
    pub(super) fn take_result(&mut self) -> Option<JobResult<T>> {
        match self.outcome.get_mut().take().map(|outcome| *outcome) {
            Some(Ok(value)) => Some(JobResult::Returned(value)),
            Some(Err(error)) => Some(JobResult::Failed(Box::new(error))),
            None => self.collect(),
        }
    }

    /// Cancels the task if it has not begun; returns whether it did. A cancelled task never runs, and its body is
    /// dropped at once.
    ///
    /// A task that runs is not affected; [`stop`](Self::stop) asks it to end.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let busy = pool.submit(|| threadkit::stop_token().wait());
    /// let task = pool.submit(|| unreachable!());
    ///
    /// assert!(task.cancel());
    /// busy.stop();
    /// busy.join().unwrap();
    /// assert!(task.join().unwrap_err().is_cancelled());
    /// ```
    pub fn cancel(&self) -> bool {
        self.cell.end(None, &*self.pool)
    }

    /// Requests the task to stop; returns whether this was the first request.
    ///
    /// It stops the token that [`threadkit::stop_token()`](crate::stop_token) returns inside the task. A task that
    /// has not begun will still begin, and find its token stopped.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| {
    ///     threadkit::stop_token().wait();
    ///     "stopped"
    /// });
    /// assert!(task.stop());
    /// assert_eq!(task.join().unwrap(), "stopped");
    /// ```
    #[doc(alias = "interrupt")]
    pub fn stop(&self) -> bool {
        let first = self.cell.head().source().stop();
        // What it waits for is a part of the same work, and has no other handle.
        let earlier = core::iter::successors(self.cell.earlier(), |job| job.earlier());
        for job in earlier {
            job.head().source().stop();
        }
        first
    }

    /// Calls `callback` when the task has ended; at once, on the calling thread, if it has ended before.
    ///
    /// The callback gets no value: for that, use [`then`](Self::then), or [`shared`](Self::shared) and a clone of it in
    /// the callback. A [`join`](Self::join) may return before the callbacks have run.
    ///
    /// Callbacks of a task that has not ended run on the thread that ends it, after its waiters were woken, in the
    /// order in which they were given. If a callback ends another task, for instance by [`cancel`](Self::cancel), the
    /// callbacks of that one run after it has returned, so chains of any length need no more stack. So do those that
    /// are called at once, if very many of them are one inside the other. A panic in a callback is reported by the
    /// panic hook and goes no further.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use threadkit::Ending;
    ///
    /// let pool = threadkit::ThreadPool::new(2);
    /// let (ended, endings) = mpsc::channel();
    /// for n in 0..3 {
    ///     let ended = ended.clone();
    ///     pool.submit(move || assert_ne!(n, 2)).on_done(move |how| ended.send((n, how)).unwrap());
    /// }
    /// drop(ended);
    /// let mut endings: Vec<_> = endings.iter().collect();
    /// endings.sort_by_key(|(n, _)| *n);
    /// assert_eq!(endings, [(0, Ending::Returned), (1, Ending::Returned), (2, Ending::Panicked)]);
    /// ```
    #[doc(alias = "add_done_callback")]
    #[doc(alias = "whenComplete")]
    pub fn on_done(&self, callback: impl FnOnce(Ending) + Send + 'static) {
        (&*self.cell as &dyn Job).when_done(Box::new(callback));
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, TaskError>;

    /// # Panics
    ///
    /// If polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.cell.head().is_done() {
            return match self.take_outcome() {
                Some(outcome) => Poll::Ready(outcome),
                None => panic!("a task was polled after it was ready"),
            };
        }
        // Cloned and dropped outside the lock, because both run code of the executor.
        let mut waker = Some(context.waker().clone());
        let cell = &*self.cell;
        if cell.unless_done(&mut |watchers| mem::swap(&mut watchers.waker, &mut waker)) {
            return Poll::Pending;
        }
        self.poll(context)
    }
}

// No field is pinned by a pinned task.
impl<T> Unpin for Task<T> {}

// A value is handed over whole or not at all, so no panic can leave it half changed.
impl<T> UnwindSafe for Task<T> {}
impl<T> RefUnwindSafe for Task<T> {}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if let Some(outcome) = self.cell.renounce() {
            outcome.dispose(self.cell.head().lost());
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("pool", &self.pool.settings.name)
            .field("ending", &self.cell.head().ending())
            .finish_non_exhaustive()
    }
}
