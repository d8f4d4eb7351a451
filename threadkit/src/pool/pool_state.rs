//! What a program can ask a pool about itself, and change while it runs.

use core::sync::atomic::Ordering;
use std::sync::Arc;

use super::later::cancel_all;
use super::shared::Shared;
use super::state::{Help, Phase};
use super::thread_pool::ThreadPool;
use crate::threads::ThreadRef;
use crate::wait::WakeList;

impl ThreadPool {
    /// The threads of the pool at this moment, including idle ones, in the order in which they were started.
    ///
    /// A thread that is being started is missing. [`ThreadRef::state`] says what each waits for; in
    /// [`threads`](crate::threads()), they are the ones with the [name](Self::name) of the pool.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::builder(2).name("jobs").build();
    /// assert!(pool.workers().is_empty(), "nothing to do so far");
    /// let worker = pool.submit(|| threadkit::current()).join().unwrap();
    /// assert_eq!(pool.workers(), [worker]);
    /// ```
    #[must_use]
    #[doc(alias = "_threads")]
    #[doc(alias = "getQueuedThreads")]
    pub fn workers(&self) -> Vec<ThreadRef> {
        let state = self.shared().state.lock();
        let alive = state.handles.iter().filter(|worker| !worker.is_finished());
        alive.map(|worker| worker.thread().clone()).collect()
    }

    /// Whether the pool takes no more tasks, because it was shut down or is [broken](Self::is_broken).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// assert!(!pool.is_shut_down());
    /// pool.shutdown();
    /// assert!(pool.is_shut_down());
    /// ```
    #[must_use]
    #[doc(alias = "isShutdown")]
    pub fn is_shut_down(&self) -> bool {
        !self.shared().state.lock().is_open()
    }

    /// Whether an [initializer](crate::ThreadPoolBuilder::initializer) has panicked, so that the pool runs no more
    /// tasks. [`try_submit`](Self::try_submit) returns an error that says why.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::builder(1).initializer(|| panic!("no database")).build();
    /// assert!(!pool.is_broken(), "no thread was needed so far");
    /// assert!(pool.submit(|| 42).join().is_err());
    /// assert!(pool.is_broken());
    /// ```
    #[must_use]
    #[doc(alias = "BrokenThreadPool")]
    pub fn is_broken(&self) -> bool {
        matches!(self.shared().state.lock().phase, Phase::Broken(_))
    }

    /// Changes how many tasks the pool runs at once.
    ///
    /// If there are more places now, tasks that wait begin at once. If there are fewer, the tasks that run go on, and
    /// their threads leave when they have ended.
    ///
    /// # Panics
    ///
    /// If `size` is zero, or more than the pool may have threads, which is
    /// [`max_threads`](crate::ThreadPoolBuilder::max_threads).
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let first = pool.submit(|| threadkit::stop_token().wait());
    /// let second = pool.submit(|| "it runs beside the first");
    /// pool.set_size(2);
    /// assert_eq!(second.join().unwrap(), "it runs beside the first");
    /// first.stop();
    /// ```
    #[track_caller]
    #[doc(alias = "resize")]
    #[doc(alias = "setCorePoolSize")]
    #[doc(alias = "setMaximumPoolSize")]
    #[doc(alias = "set_num_threads")]
    pub fn set_size(&self, size: usize) {
        let max_threads = self.shared().settings.max_threads;
        assert!(size > 0, "a pool needs at least one thread to run tasks");
        assert!(
            size <= max_threads,
            "a pool that may have {max_threads} threads cannot run {size} tasks at once; \
             raise `ThreadPoolBuilder::max_threads`"
        );
        self.shared().set_size(size);
    }

    /// Cancels all tasks that have not begun; returns how many it has cancelled. Tasks that run are not affected.
    ///
    /// The pool stays open. Tasks of a [scope](Self::scope) are cancelled too, and so are tasks that wait for another
    /// one or for a time. A [map](Self::map) whose items are cancelled panics in `next`.
    ///
    /// To end the pool as well, and to get the tasks back, use [`shutdown_now`](Self::shutdown_now).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use threadkit::{Event, ThreadPool};
    ///
    /// let (pool, begun) = (ThreadPool::new(1), Arc::new(Event::new()));
    /// let entered = Arc::clone(&begun);
    /// let running = pool.submit(move || {
    ///     entered.set();
    ///     threadkit::stop_token().wait();
    /// });
    /// begun.wait();
    /// let waiting = [1, 2].map(|n| pool.submit(move || n));
    /// assert_eq!(pool.cancel_pending(), 2);
    /// assert!(waiting.iter().all(|task| task.is_finished()));
    /// assert!(running.is_running());
    /// running.stop();
    /// assert_eq!(pool.submit(|| 3).join().unwrap(), 3);
    /// ```
    #[doc(alias = "cancel_futures")]
    #[doc(alias = "purge")]
    pub fn cancel_pending(&self) -> usize {
        let (pending, later) = {
            let mut wakes = WakeList::new();
            let mut state = self.shared().state.lock();
            let (pending, later) = (state.backlog.take(), state.later.take(false));
            self.shared().note_pending(&state);
            for _ in 0..pending.len() {
                state.call_submitter(self.shared().bound(), &mut wakes);
            }
            state.call_idlers(&mut wakes);
            (pending, later)
        };
        let pool = &**self.shared();
        let cancelled = cancel_all(later, pool);
        let cancelled = cancelled + pending.iter().filter(|job| job.end(None, pool)).count();
        // A shutdown may have waited for tasks that followed others.
        self.shared().note_gone();
        cancelled
    }
}

impl Shared {
    fn set_size(self: &Arc<Self>, size: usize) {
        {
            let mut wakes = WakeList::new();
            let mut state = self.state.lock();
            self.settings.size.store(size, Ordering::Relaxed);
            // Idle workers that are too many now learn it, and leave.
            for _ in 0..state.idle.len() {
                state.call_spare(&self.settings, &mut wakes);
            }
        }
        // Each turn finds a worker for one task that waits.
        loop {
            let help = {
                let mut wakes = WakeList::new();
                let mut state = self.state.lock();
                let seeking = state.seeking;
                let help = state.recruit(&self.settings, &mut wakes);
                if help == Help::AtBound || help == Help::NotNeeded && state.seeking == seeking {
                    return;
                }
                help
            };
            if let Err(why) = self.provide(help) {
                self.worker_missing(&why, None);
                return;
            }
        }
    }
}
