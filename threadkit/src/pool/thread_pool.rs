//! A pool of threads that run tasks.

use core::fmt;
use core::time::Duration;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::scope::{self, PoolScope};
use super::settings::OnDrop;
use super::shared::Shared;
use super::submit::submit;
use super::submit_error::SubmitError;
use super::task::Task;
use super::unrun::Unrun;
use super::wait_for::lend_place;
use super::worker_context;
use crate::backend;
use crate::inspect::{self, Operation};
use crate::threads::Run;
use crate::wait::{IntoUntil, Until, WaitError};

/// A fixed number of threads that run submitted tasks.
///
/// Threads are started when there is something to do and no idle thread to do it. Dropping the pool finishes all
/// submitted tasks, as leaving Python's `with` block does. In debug builds, a drop that takes longer than five seconds
/// reports what it waits for. Dropping the pool while a panic unwinds stops the tasks first.
/// [`on_drop`](crate::ThreadPoolBuilder::on_drop) offers other ways.
///
/// Tasks begin in the order of their submission, whichever threads run them: while a task waits for a thread, none that
/// was submitted after it begins. So a task may wait for what an earlier one does. Tasks that another one [waits
/// for](Task#waiting-in-a-task-for-another-one) begin first. The order of tasks from different threads is that in which
/// the pool accepts them.
///
/// A pool is shared by reference or in an `Arc`. If a task of the pool drops the last `Arc`, that shuts the pool down
/// without a wait, because the task would wait for itself. The same holds if the last `Arc` is among the captures of a
/// cancelled task, and is dropped with them.
///
/// A pool that is never dropped, for instance a `static`, does not keep
/// [`#[threadkit::main]`](macro@crate::main) from ending: what was submitted is finished, and threads
/// with nothing to do leave. A pool that is made or used after that still runs what is submitted.
///
/// A task that has not begun takes about a hundred bytes, beside what its body has captured and the [`Task`] that you
/// keep. The list of pending tasks doubles when it is full, so it may have room for as many again.
///
/// # Differences from Python's `ThreadPoolExecutor`
///
/// - `submit` takes a closure; its arguments are moved into it. After a shutdown it panics, where
///   [`try_submit`](Self::try_submit) gives the body back.
/// - A task may wait for tasks of its own pool, which deadlocks in Python: see [`Task`].
/// - [`map`](Self::map) is lazy and takes infinite input; Python's collects all of its input first.
/// - `shutdown(cancel_futures=True)` is [`shutdown_now`](Self::shutdown_now), which also stops the
///   tasks that run, and gives back those that never ran. `shutdown(wait=False)` is
///   [`shutdown_timeout`](Self::shutdown_timeout) with no time.
/// - The backlog can be bounded.
/// - The number of threads is given, and not derived from the number of processors.
/// - The initializer takes no arguments: it captures them. If it panics, every task that has not begun and
///   every later submission fails for that reason.
/// - `map` takes one input (zip several), and no time limit: for a time limit, submit the tasks and use
///   [`as_completed_until`](crate::as_completed_until). A panic of `f` continues in `next`.
/// - At the end of the process, Python finishes the tasks of all pools. So does
///   [`#[threadkit::main]`](macro@crate::main); without it, as everywhere in Rust, the process ends when
///   `main` does, and only a pool that is dropped before has finished its tasks.
///
/// # Differences from rayon
///
/// A rayon pool is for splitting one computation; its spawned tasks have no handles and should not block. This one is
/// for independent tasks that may block, with a handle for each. A worker that waits runs no task but the one that it
/// waits for. So no unrelated task runs while it holds a lock.
///
/// # Examples
///
/// ```
/// use threadkit::ThreadPool;
///
/// let pool = ThreadPool::new(4);
/// let tasks: Vec<_> = (1..=10).map(|n| pool.submit(move || n * n)).collect();
/// let sum: u32 = tasks.into_iter().map(|task| task.join().unwrap()).sum();
/// assert_eq!(sum, 385);
/// ```
///
/// One for the whole program:
///
/// ```
/// use std::sync::LazyLock;
/// use threadkit::ThreadPool;
///
/// static POOL: LazyLock<ThreadPool> = LazyLock::new(|| ThreadPool::new(2));
///
/// {
///     let _guard = threadkit::exit_guard(); // as `#[threadkit::main]` does
///     POOL.submit(|| println!("finished before the end"));
/// }
/// assert_eq!(POOL.threads(), 0);
/// ```
#[doc(alias = "ThreadPoolExecutor")]
#[doc(alias = "ExecutorService")]
#[doc(alias = "Executors")]
pub struct ThreadPool {
    shared: Arc<Shared>,
}

impl ThreadPool {
    pub(super) fn over(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Submits a task. The next free thread runs it.
    ///
    /// The body is anything that can [`Run`]: a closure, or a struct with `#[thread]`. If the backlog is bounded and
    /// full, the pool's [`WhenFull`](crate::WhenFull) says what happens. A task that is submitted by a task of the same
    /// pool is always accepted, because tasks that wait for room would keep each other from making it.
    ///
    /// # Panics
    ///
    /// If the pool was shut down, its initializer has panicked, it refuses tasks when full, or the
    /// system has no thread for it. [`try_submit`](Self::try_submit) gives the body back instead.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(2);
    /// let answer = pool.submit(|| 6 * 7);
    /// assert_eq!(answer.join().unwrap(), 42);
    /// ```
    #[track_caller]
    #[doc(alias = "execute")]
    #[doc(alias = "spawn")]
    pub fn submit<R>(&self, body: R) -> Task<R::Output>
    where
        R: Run + Send + 'static,
        R::Output: Send + 'static,
    {
        match submit(
            &self.shared,
            body,
            Some(&Until::FOREVER),
            Operation::THREAD_POOL_SUBMIT.here(),
        ) {
            Ok(task) => task,
            Err(error) => panic!("{error}"),
        }
    }

    /// Submits a task if there is room for it now; otherwise gives its body back.
    ///
    /// # Errors
    ///
    /// [`SubmitError`] with the body, if the backlog is full, whatever the pool's [`WhenFull`](crate::WhenFull); if the
    /// pool was shut down or its initializer has panicked; or if the system has no thread for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{ThreadPool, WhenFull};
    ///
    /// let pool = ThreadPool::builder(1).backlog(1, WhenFull::Block).build();
    /// # let (entered, begun) = std::sync::mpsc::channel();
    /// let busy = pool.submit(move || {
    /// #   entered.send(()).unwrap();
    ///     threadkit::stop_token().wait()
    /// });
    /// # begun.recv().unwrap();
    /// let waiting = pool.submit(|| 1);
    ///
    /// let error = pool.try_submit(|| 2).unwrap_err();
    /// assert!(error.is_full());
    /// let body = error.into_body();
    ///
    /// busy.stop();
    /// busy.join().unwrap();
    /// waiting.join().unwrap();
    /// assert_eq!(pool.submit(body).join().unwrap(), 2);
    /// ```
    #[track_caller]
    pub fn try_submit<R>(&self, body: R) -> Result<Task<R::Output>, SubmitError<R>>
    where
        R: Run + Send + 'static,
        R::Output: Send + 'static,
    {
        let call = Operation::THREAD_POOL_TRY_SUBMIT.here();
        submit(&self.shared, body, None, call)
    }

    /// Submits a task after a wait for room of at most that time; otherwise gives its body back.
    ///
    /// # Errors
    ///
    /// As [`try_submit`](Self::try_submit); a pool that refuses tasks when full does so at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{ThreadPool, WhenFull};
    ///
    /// let pool = ThreadPool::builder(1).backlog(1, WhenFull::Block).build();
    /// let busy = [(); 2].map(|()| pool.submit(|| threadkit::stop_token().wait()));
    /// let error = pool.submit_timeout(|| "kept", Duration::from_millis(5)).unwrap_err();
    /// assert!(error.is_full());
    /// assert_eq!(error.into_body()(), "kept");
    /// busy.iter().for_each(|task| assert!(task.stop()));
    /// ```
    #[track_caller]
    pub fn submit_timeout<R>(
        &self,
        body: R,
        timeout: Duration,
    ) -> Result<Task<R::Output>, SubmitError<R>>
    where
        R: Run + Send + 'static,
        R::Output: Send + 'static,
    {
        let call = Operation::THREAD_POOL_SUBMIT_TIMEOUT.here();
        submit(&self.shared, body, Some(&Until::after(timeout)), call)
    }

    /// Submits a task after a wait for room, or gives its body back if a deadline or a stop token ends that
    /// wait.
    ///
    /// # Errors
    ///
    /// As [`submit_timeout`](Self::submit_timeout); [`SubmitError::wait_error`] says how the wait ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{StopSource, ThreadPool, WaitError, WhenFull};
    ///
    /// let pool = ThreadPool::builder(1).backlog(1, WhenFull::Block).build();
    /// let busy = [(); 2].map(|()| pool.submit(|| threadkit::stop_token().wait()));
    /// let source = StopSource::new();
    /// source.stop();
    /// let error = pool.submit_until(|| (), &source.token()).unwrap_err();
    /// assert_eq!(error.wait_error(), Some(WaitError::Stopped));
    /// busy.iter().for_each(|task| assert!(task.stop()));
    /// ```
    #[track_caller]
    pub fn submit_until<'a, R>(
        &self,
        body: R,
        until: impl IntoUntil<'a>,
    ) -> Result<Task<R::Output>, SubmitError<R>>
    where
        R: Run + Send + 'static,
        R::Output: Send + 'static,
    {
        let call = Operation::THREAD_POOL_SUBMIT_UNTIL.here();
        submit(&self.shared, body, Some(&until.into_until()), call)
    }

    /// Runs `f`, which may submit tasks that borrow what is around it, and returns when all of them have
    /// ended.
    ///
    /// [`shutdown_now`](Self::shutdown_now) cancels the tasks of a scope that have not begun, because the scope
    /// cannot wait for tasks that are kept elsewhere.
    ///
    /// The first panic of a task that is not joined continues here when all tasks have ended. If `f` itself panics, the
    /// tasks are stopped first, and those that have not begun are cancelled. Every body that can [`Run`] and lives long
    /// enough is accepted. A [`Task`] whose value borrows nothing from inside may leave the scope.
    ///
    /// # Differences from `rayon::scope`
    ///
    /// The calling thread waits and runs no tasks, unless it is a worker of this pool or runs a task of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::ThreadPool;
    ///
    /// let pool = ThreadPool::new(2);
    /// let mut words = vec!["not", "be", "to", "or"];
    /// let (left, right) = words.split_at_mut(2);
    /// pool.scope(|scope| {
    ///     scope.submit(|| left.sort());
    ///     scope.submit(|| right.sort());
    /// });
    /// assert_eq!(words, ["be", "not", "or", "to"]);
    /// ```
    ///
    /// What a task borrows must live longer than the scope:
    ///
    /// ```compile_fail,E0373
    /// let pool = threadkit::ThreadPool::new(2);
    /// pool.scope(|scope| {
    ///     let inside = String::from("inside");
    ///     scope.submit(|| inside.len());
    /// });
    /// ```
    #[track_caller]
    pub fn scope<'env, F, T>(&self, f: F) -> T
    where
        F: for<'scope> FnOnce(&'scope PoolScope<'scope, 'env>) -> T,
    {
        scope::scope(&self.shared, f, Operation::THREAD_POOL_SCOPE.here())
    }

    /// Refuses further tasks, and waits until all that were submitted have ended and the threads are gone.
    ///
    /// # Panics
    ///
    /// If a task of this pool waits for it, which would never end.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(2);
    /// let task = pool.submit(|| 1 + 1);
    /// pool.shutdown();
    /// assert!(task.is_finished());
    /// assert!(pool.try_submit(|| ()).is_err());
    /// ```
    #[track_caller]
    #[doc(alias = "close")]
    pub fn shutdown(&self) {
        // Without a limit, the wait ends only with what it waits for.
        let _ = self.shut_down(Operation::THREAD_POOL_SHUTDOWN, &Until::FOREVER);
    }

    /// Refuses further tasks, and waits for the end of those that were submitted, at most for that time; returns
    /// whether all have ended and no thread is left that could run one.
    ///
    /// With a limit, the thread-local destructors of these threads are not waited for.
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
    /// assert!(!pool.shutdown_timeout(Duration::from_millis(5)), "it waits for its stop");
    /// task.stop();
    /// assert!(pool.shutdown_timeout(Duration::from_secs(30)));
    /// ```
    #[must_use = "tasks may still be running"]
    #[track_caller]
    #[doc(alias = "awaitTermination")]
    #[doc(alias = "await_termination")]
    pub fn shutdown_timeout(&self, timeout: Duration) -> bool {
        self.shut_down(
            Operation::THREAD_POOL_SHUTDOWN_TIMEOUT,
            &Until::after(timeout),
        )
        .is_ok()
    }

    /// Refuses further tasks, and waits for the end of those that were submitted, or until a deadline or a stop
    /// token ends the wait.
    ///
    /// # Errors
    ///
    /// [`WaitError`] if the wait ended before the last thread was gone; nothing is undone by that.
    ///
    /// # Panics
    ///
    /// As [`shutdown_timeout`](Self::shutdown_timeout).
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{StopSource, ThreadPool, WaitError};
    ///
    /// let pool = ThreadPool::new(1);
    /// let task = pool.submit(|| threadkit::stop_token().wait());
    /// let source = StopSource::new();
    /// source.stop();
    /// assert_eq!(pool.shutdown_until(&source.token()), Err(WaitError::Stopped));
    /// task.stop();
    /// pool.shutdown();
    /// ```
    #[track_caller]
    pub fn shutdown_until<'a>(&self, until: impl IntoUntil<'a>) -> Result<(), WaitError> {
        self.shut_down(Operation::THREAD_POOL_SHUTDOWN_UNTIL, &until.into_until())
    }

    #[track_caller]
    fn shut_down(&self, operation: Operation, until: &Until<'_>) -> Result<(), WaitError> {
        let waits = !until.is_over();
        if waits && worker_context::is_of(&self.shared) {
            panic!(
                "a task of pool `{}` waits for the shutdown of that pool, which would never end; \
                 let a thread outside the pool do it",
                self.shared.settings.name
            );
        }
        let call = operation.here();
        call.did(|| None);
        self.shared.close();
        let _waiting = call.waiting_for(&*self.shared);
        let lent = if waits {
            lend_place(&self.shared, until)
        } else {
            None
        };
        self.shared.wait_until_gone(until)?;
        drop(lent);
        // A limit is not for the thread-local destructors, so they are left alone then.
        if until.is_forever() {
            self.shared.join_workers();
        }
        Ok(())
    }

    /// Refuses further tasks, stops those that run, and returns those that have not begun. Does not wait;
    /// [`shutdown`](Self::shutdown) or a drop does so afterwards.
    ///
    /// The returned tasks can be run elsewhere; those that are dropped count as cancelled. Tasks that something
    /// waits for beside their handles are not returned but cancelled: those of a [scope](Self::scope), and the
    /// parts of a [map](Self::map).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let busy = pool.submit(|| threadkit::stop_token().wait());
    /// let waiting = pool.submit(|| 42);
    /// drop(pool.shutdown_now()); // stops running tasks; drops those that have not begun
    /// pool.shutdown();
    /// assert!(busy.is_finished());
    /// assert!(waiting.join().unwrap_err().is_cancelled());
    /// ```
    #[doc(alias = "shutdownNow")]
    #[doc(alias = "cancel_futures")]
    pub fn shutdown_now(&self) -> Vec<Unrun> {
        Unrun::all(self.shared.close_now(), &self.shared)
    }

    /// How many tasks the pool runs at once.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(threadkit::ThreadPool::new(3).size(), 3);
    /// ```
    #[must_use]
    #[doc(alias = "max_workers")]
    pub fn size(&self) -> usize {
        self.shared.settings.size()
    }

    /// The name of the pool. The names of its threads are this name and a number.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::builder(1).name("jobs").build();
    /// let worker = pool.submit(|| threadkit::current().name()).join().unwrap();
    /// assert!(worker.starts_with(pool.name()));
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.settings.name
    }

    /// How many tasks have not begun.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let tasks = [(); 3].map(|()| pool.submit(|| threadkit::stop_token().wait()));
    /// assert!(pool.pending() >= 2, "one runs, or is about to");
    /// tasks.iter().for_each(|task| assert!(task.stop()));
    /// pool.shutdown();
    /// assert_eq!(pool.pending(), 0);
    /// ```
    #[must_use]
    pub fn pending(&self) -> usize {
        let (_, _, pending) = self.shared.counts();
        pending
    }

    /// How many threads there are at this moment, including idle ones.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(4);
    /// assert_eq!(pool.threads(), 0, "nothing to do so far");
    /// pool.submit(|| ()).join().unwrap();
    /// assert_eq!(pool.threads(), 1);
    /// ```
    #[must_use]
    pub fn threads(&self) -> usize {
        let (alive, ..) = self.shared.counts();
        alive
    }

    /// How many of the [`threads`](Self::threads) wait for a task at this moment.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(2);
    /// pool.submit(|| ()).join().unwrap();
    /// while pool.idle_threads() == 0 {
    ///     threadkit::yield_now(); // its thread is on its way back
    /// }
    /// assert_eq!((pool.threads(), pool.idle_threads()), (1, 1));
    /// ```
    #[must_use]
    pub fn idle_threads(&self) -> usize {
        let (_, idle, _) = self.shared.counts();
        idle
    }

    fn tell_what_is_awaited(&self) {
        let busy = self.shared.describe_busy();
        if !busy.is_empty() {
            let name = &self.shared.settings.name;
            inspect::tell(&format!(
                "dropping pool `{name}`: still waiting for {busy}; stop the tasks, or choose another \
                 `on_drop`"
            ));
        }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

// No code of the user runs while a pool changes, so no panic leaves one half changed.
impl UnwindSafe for ThreadPool {}
impl RefUnwindSafe for ThreadPool {}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        let policy = self.shared.settings.on_drop;
        if policy == OnDrop::Stop || backend::is_unwinding() {
            for job in self.shared.close_now() {
                job.end(None, &*self.shared);
            }
        } else {
            self.shared.close();
        }
        // A task that drops its own pool would wait for itself.
        if policy == OnDrop::Detach || worker_context::is_of(&self.shared) {
            return;
        }
        let _waiting =
            (self.shared.settings.built.of(Operation::THREAD_POOL_DROP)).waiting_for(&*self.shared);
        let lent = lend_place(&self.shared, &Until::FOREVER);
        let patience = inspect::report_delay().map_or(Until::FOREVER, Until::after);
        if self.shared.wait_until_gone(&patience).is_err() {
            self.tell_what_is_awaited();
            let _ = self.shared.wait_until_gone(&Until::FOREVER);
        }
        drop(lent);
        self.shared.join_workers();
    }
}

impl fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (threads, idle, pending) = self.shared.counts();
        f.debug_struct("ThreadPool")
            .field("name", &self.shared.settings.name)
            .field("size", &self.shared.settings.size())
            .field("threads", &threads)
            .field("idle", &idle)
            .field("pending", &pending)
            .finish_non_exhaustive()
    }
}
