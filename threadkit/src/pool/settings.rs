//! The settings of a pool.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::Arc;

use crate::inspect::Call;

/// What [`ThreadPool::submit`](crate::ThreadPool::submit) does when the backlog is full.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use threadkit::{Event, ThreadPool, WhenFull};
///
/// let pool = ThreadPool::builder(1).backlog(1, WhenFull::Refuse).build();
/// let (begun, go_on) = (Arc::new(Event::new()), Arc::new(Event::new()));
/// let running = pool.submit({
///     let (begun, go_on) = (Arc::clone(&begun), Arc::clone(&go_on));
///     move || {
///         begun.set();
///         go_on.wait();
///     }
/// });
/// begun.wait();
/// let next = pool.submit(|| 1);
/// let refused = pool.try_submit(|| 2).unwrap_err();
/// assert_eq!(refused.into_body()(), 2, "the body comes back");
/// go_on.set();
/// running.join().unwrap();
/// assert_eq!(next.join().unwrap(), 1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[doc(alias = "RejectedExecutionHandler")]
pub enum WhenFull {
    /// Waits until there is room.
    #[default]
    Block,
    /// Refuses the task: [`submit`](crate::ThreadPool::submit) panics, and
    /// [`try_submit`](crate::ThreadPool::try_submit) gives the body back.
    Refuse,
    /// Runs the task on the thread that submits it, which slows the submitter down.
    ///
    /// The task has an identity of its own, as if it ran on a thread of the pool, and interrupts the submitter. The
    /// task does not share the submitter's locks, not even an [`RLock`](crate::RLock): it cannot acquire them as long
    /// as the submitter is interrupted, and an `RLock` panics then. So do not submit while holding a lock that tasks
    /// need; with [`Block`](Self::Block), that is a deadlock as well. Tasks that the task submits to the same pool go
    /// to the backlog, however full it is, and never run inside it.
    #[doc(alias = "CallerRunsPolicy")]
    RunInCaller,
}

/// What dropping a [`ThreadPool`](crate::ThreadPool) does with its tasks.
///
/// # Examples
///
/// ```
/// use threadkit::{OnDrop, ThreadPool};
///
/// let pool = ThreadPool::builder(1).on_drop(OnDrop::Stop).build();
/// let running = pool.submit(|| threadkit::stop_token().wait());
/// drop(pool);     // does not wait for ever
/// assert!(running.is_finished());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnDrop {
    /// Finishes all submitted tasks, and waits for them.
    #[default]
    Finish,
    /// Cancels the tasks that have not begun, stops those that run, and waits for these.
    Stop,
    /// Lets the threads finish all submitted tasks, and does not wait for them.
    Detach,
}

/// The settings of a pool. All but its size are what they were when it was built.
pub(super) struct Settings {
    /// How many tasks it runs at once. Written under the lock of the pool.
    pub(super) size: AtomicUsize,
    /// How many threads it may have, those that wait for tasks among them.
    pub(super) max_threads: usize,
    pub(super) name: Arc<str>,
    /// The part of a worker's name before the number.
    pub(super) prefix: String,
    /// What each worker runs first.
    pub(super) initializer: Option<Box<dyn Fn() + Send + Sync>>,
    pub(super) bound: Option<(usize, WhenFull)>,
    pub(super) keep_alive: Option<Duration>,
    pub(super) stack_size: usize,
    pub(super) on_drop: OnDrop,
    /// Where the pool was made.
    pub(super) built: Call,
}

impl Settings {
    /// How many tasks may wait for a worker.
    pub(super) fn bound(&self) -> usize {
        self.bound.map_or(usize::MAX, |(bound, _)| bound)
    }

    /// How many tasks the pool runs at once.
    pub(super) fn size(&self) -> usize {
        // Relaxed: what has to be exact is done under the lock of the pool.
        self.size.load(Ordering::Relaxed)
    }
}
