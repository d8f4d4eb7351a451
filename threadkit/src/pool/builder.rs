//! How a pool is configured and built.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use super::settings::{OnDrop, Settings, WhenFull};
use super::shared::Shared;
use super::thread_pool::ThreadPool;
use super::worker::work;
use crate::backend;
use crate::inspect::Operation;

/// The default stack size of a worker: what `std` gives its threads.
const STACK_SIZE: usize = 2 * 1024 * 1024;

/// How many threads a pool may have beyond its size by default. Each of them waits inside a task. So many stacks
/// take little memory, and only a tree of tasks that is deeper than this needs more.
const WAITING_THREADS: usize = 256;

/// Builds a [`ThreadPool`]; see [`ThreadPool::builder`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{OnDrop, ThreadPool, WhenFull};
///
/// let pool = ThreadPool::builder(8)
///     .name("downloads")
///     .backlog(1000, WhenFull::Block)
///     .keep_alive(Duration::from_secs(30))
///     .on_drop(OnDrop::Stop)
///     .build();
/// let name = pool.submit(|| threadkit::current().name());
/// assert_eq!(&*name.join().unwrap(), "downloads-1");
/// ```
#[must_use = "a builder does nothing until `build()` is called"]
pub struct ThreadPoolBuilder {
    size: usize,
    max_threads: usize,
    name: Option<String>,
    initializer: Option<Box<dyn Fn() + Send + Sync>>,
    bound: Option<(usize, WhenFull)>,
    keep_alive: Option<Duration>,
    stack_size: usize,
    on_drop: OnDrop,
}

impl ThreadPoolBuilder {
    #[track_caller]
    pub(super) fn new(size: usize) -> Self {
        assert!(size > 0, "a pool needs at least one thread to run tasks");
        Self {
            size,
            max_threads: size.saturating_add(WAITING_THREADS),
            name: None,
            initializer: None,
            bound: None,
            keep_alive: None,
            stack_size: STACK_SIZE,
            on_drop: OnDrop::default(),
        }
    }

    /// Names the pool; its threads are called by that name, a hyphen and a number.
    ///
    /// Without it they are called `pool-N-thread-M`.
    ///
    /// # Panics
    ///
    /// If the name has a NUL byte.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::builder(2).name("jobs").build();
    /// assert_eq!(pool.name(), "jobs");
    /// ```
    #[track_caller]
    #[doc(alias = "thread_name_prefix")]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        assert!(
            !name.contains('\0'),
            "a pool cannot be named `{}`: take out the NUL byte",
            name.escape_debug()
        );
        self.name = Some(name);
        self
    }

    /// Sets what every thread of the pool runs before its first task.
    ///
    /// If that panics, the pool is broken: tasks that have not begun end with
    /// [`TaskError::Broken`](crate::TaskError::Broken), and further ones are refused.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::ThreadPool;
    ///
    /// let pool = ThreadPool::builder(1).name("jobs").initializer(|| panic!("no database")).build();
    /// let error = pool.submit(|| 42).join().unwrap_err();
    /// assert!(error.to_string().contains("the initializer of pool `jobs` panicked at "));
    /// assert!(error.to_string().ends_with(": no database"));
    /// ```
    pub fn initializer(mut self, initializer: impl Fn() + Send + Sync + 'static) -> Self {
        self.initializer = Some(Box::new(initializer));
        self
    }

    /// Sets how many tasks may wait for a thread, and what a submission does at that bound.
    ///
    /// Without it there is no bound.
    ///
    /// # Panics
    ///
    /// If `bound` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{ThreadPool, WhenFull};
    ///
    /// // At most four bodies wait in memory, however many are submitted.
    /// let pool = ThreadPool::builder(2).backlog(4, WhenFull::RunInCaller).build();
    /// let tasks: Vec<_> = (1..=100).map(|n| pool.submit(move || n)).collect();
    /// assert_eq!(tasks.into_iter().map(|task| task.join().unwrap()).sum::<u32>(), 5050);
    /// ```
    #[track_caller]
    pub fn backlog(mut self, bound: usize, when_full: WhenFull) -> Self {
        assert!(bound > 0, "a backlog needs room for at least one task");
        self.bound = Some((bound, when_full));
        self
    }

    /// Sets how long an idle thread stays; by default, as long as the pool.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let pool = threadkit::ThreadPool::builder(8).keep_alive(Duration::from_secs(10)).build();
    /// assert_eq!(pool.submit(|| 42).join().unwrap(), 42);
    /// ```
    pub fn keep_alive(mut self, keep_alive: Duration) -> Self {
        self.keep_alive = Some(keep_alive);
        self
    }

    /// Sets how many threads the pool may have, including those that wait inside tasks; by default, 256 more than
    /// its size.
    ///
    /// A task that waits for other tasks, for room in another pool or for another pool's end lends its place to
    /// another thread, so that waiting threads keep no task from running, up to this bound. One that waits for threads
    /// does so if nothing else could run a task that some thread waits for. Tasks that are waited for begin
    /// first, so the number of threads grows with the depth of such waits and not with the number of tasks. But if
    /// nested waits have limits, each level needs one more thread and one more stack, until the system refuses to
    /// start one. This bound ends that earlier:
    ///
    /// - A wait without a limit runs a task that it waits for on its own thread, if that task has not begun.
    ///   [`wait_any`](crate::wait_any) and [`as_completed`](crate::as_completed) run one of their tasks, too. Below the
    ///   bound they leave them to another thread.
    /// - A wait for a [promise](crate::Promise) gets no help. If all threads are in such waits, and a pending task of
    ///   the pool is to set the promises, none of them goes on. Debug builds report that as a deadlock, and name the
    ///   bound.
    /// - A wait with a deadline gets no help and lasts until its deadline.
    /// - Any other wait for a task that no thread can begin, because all of them are in waits of this kind, panics a
    ///   second later, with a message that names the bound. It does not if one of them waits with a deadline, for
    ///   a thread, or for a task of another pool that goes on. Only the end of a [scope](ThreadPool::scope) must not
    ///   panic; it starts a thread beyond the bound if its stack is used up.
    ///
    /// # Panics
    ///
    /// If that is less than the size of the pool.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// let pool = Arc::new(threadkit::ThreadPool::builder(1).max_threads(1).build());
    /// let own = Arc::clone(&pool);
    /// let task = pool.submit(move || {
    ///     let inner = own.submit(|| 42);
    ///     // There is no other thread, so this times out. Without a limit it would run the task.
    ///     assert!(!inner.wait_timeout(Duration::from_millis(5)));
    ///     inner.join().unwrap()
    /// });
    /// assert_eq!(task.join().unwrap(), 42);
    /// ```
    #[track_caller]
    pub fn max_threads(mut self, max_threads: usize) -> Self {
        assert!(
            max_threads >= self.size,
            "a pool that runs {} tasks at once needs as many threads, and not at most {max_threads}",
            self.size
        );
        self.max_threads = max_threads;
        self
    }

    /// Sets the size of the threads' stacks in bytes; by default, two megabytes.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::builder(2).stack_size(16 << 20).build();
    /// let deep = pool.submit(|| {
    ///     let large = [1_u8; 4 << 20];
    ///     std::hint::black_box(&large).len()
    /// });
    /// assert_eq!(deep.join().unwrap(), 4 << 20);
    /// ```
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// Sets what dropping the pool does with its tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{OnDrop, ThreadPool};
    ///
    /// let pool = ThreadPool::builder(1).on_drop(OnDrop::Stop).build();
    /// let task = pool.submit(|| threadkit::stop_token().wait());
    /// drop(pool); // does not wait for ever
    /// assert!(task.is_finished());
    /// ```
    pub fn on_drop(mut self, on_drop: OnDrop) -> Self {
        self.on_drop = on_drop;
        self
    }

    /// Makes the pool. Its threads are started when there is something to do.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::builder(2).build();
    /// assert_eq!((pool.size(), pool.threads()), (2, 0));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn build(self) -> ThreadPool {
        let (name, prefix) = match self.name {
            Some(name) => (name.clone(), format!("{name}-")),
            None => {
                let name = default_name();
                (name.clone(), format!("{name}-thread-"))
            }
        };
        let settings = Settings {
            size: self.size.into(),
            max_threads: self.max_threads,
            name: name.into(),
            prefix,
            initializer: self.initializer,
            bound: self.bound,
            keep_alive: self.keep_alive,
            stack_size: self.stack_size,
            on_drop: self.on_drop,
            built: Operation::THREAD_POOL_BUILD.here(),
        };
        ThreadPool::over(Shared::new(settings, work))
    }
}

/// A pool for tasks that compute: as many threads as can run at once, by [`std::thread::available_parallelism`], and
/// one if the system does not tell.
///
/// Tasks that mostly wait need more threads.
///
/// # Examples
///
/// ```
/// use threadkit::ThreadPool;
///
/// let pool = ThreadPool::default();
/// assert_eq!(pool.map(1..=3, |n| n * n).sum::<u32>(), 14);
/// assert!(pool.size() >= 1);
/// ```
impl Default for ThreadPool {
    #[track_caller]
    fn default() -> Self {
        Self::new(backend::parallelism())
    }
}

impl ThreadPool {
    /// A pool that runs up to `threads` tasks at once.
    ///
    /// [`ThreadPool::default()`] has as many as can run at once.
    ///
    /// # Panics
    ///
    /// If `threads` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(4);
    /// let squares: Vec<_> = pool.map(1..=3, |n| n * n).collect();
    /// assert_eq!(squares, [1, 4, 9]);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn new(threads: usize) -> Self {
        Self::builder(threads).build()
    }

    /// Configures a pool.
    ///
    /// # Panics
    ///
    /// If `threads` is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::builder(2).name("jobs").build();
    /// assert_eq!((pool.name(), pool.size()), ("jobs", 2));
    /// ```
    #[track_caller]
    pub fn builder(threads: usize) -> ThreadPoolBuilder {
        ThreadPoolBuilder::new(threads)
    }
}

impl fmt::Debug for ThreadPoolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPoolBuilder")
            .field("size", &self.size)
            .field("max_threads", &self.max_threads)
            .field("name", &self.name)
            .field("initializer", &self.initializer.is_some())
            .field("bound", &self.bound)
            .field("keep_alive", &self.keep_alive)
            .field("stack_size", &self.stack_size)
            .field("on_drop", &self.on_drop)
            .finish()
    }
}

/// Numbers the pools that have no name of their own.
fn default_name() -> String {
    static UNNAMED: AtomicU64 = AtomicU64::new(1);
    format!("pool-{}", UNNAMED.fetch_add(1, Ordering::Relaxed))
}
