//! A worker that waits inside a task lends its place to another.

use core::ptr;
use core::sync::atomic::{AtomicU8, Ordering};
use std::sync::Arc;

use super::interrupted::Interrupted;
use super::job::Job;
use super::shared::Shared;
use super::state::Help;
use crate::wait::WakeList;

/// A worker that is about to wait, waits, or has waited inside a task. While it waits, another worker may run in
/// its place.
///
/// # Invariant
///
/// A worker has one loan at most, because it waits for one thing at a time, and runs tasks inline only before or
/// after its sleep. `lent` counts the loans that are `OUT`, so it is never above `alive`; `phase` goes up, under
/// the lock of the pool. The end of the awaited task gives the loan back, or the end of the wait if that comes
/// first. If only the woken worker gave it back, the thread that has run the awaited task would begin another one
/// before, and more tasks would run at once, and then wait, than the pool has places. For the same reason a place
/// is lent only after the loan is where the end of the awaited task finds it.
pub(super) struct Loan {
    pool: Arc<Shared>,
    phase: AtomicU8,
}

/// The worker does not wait yet.
const READY: u8 = 0;
/// It waits.
const OUT: u8 = 1;
/// It has waited, or will not have to.
const BACK: u8 = 2;

/// Ends a loan when it is dropped.
#[must_use = "the place is lent until this is dropped"]
pub(super) struct Lent(Arc<Loan>);

impl Lent {
    /// A loan of the current thread, which is a worker of that pool and has none.
    pub(super) fn new(pool: Arc<Shared>) -> Self {
        Self(Arc::new(Loan {
            pool,
            phase: AtomicU8::new(READY),
        }))
    }

    pub(super) fn loan(&self) -> Arc<dyn Interrupted> {
        Arc::clone(&self.0) as Arc<dyn Interrupted>
    }

    /// The place is lent from now on.
    pub(super) fn wait(&self) {
        self.0.wait();
    }

    /// How many of the workers that run in that pool are this one, which is about to wait.
    pub(super) fn about_to_wait(&self, pool: &Shared) -> usize {
        // Relaxed: the current thread alone makes it `OUT`, and asks before its sleep or after it.
        let is_ready = self.0.phase.load(Ordering::Relaxed) == READY;
        usize::from(is_ready && ptr::eq(&*self.0.pool, pool))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.0.go_on();
    }
}

impl Interrupted for Loan {
    /// Wakes or starts a worker if there is a task for it, as far as the pool may have one more.
    fn wait(&self) {
        let help = {
            let mut wakes = WakeList::new();
            let mut state = self.pool.state.lock();
            if self.phase.load(Ordering::Relaxed) != READY {
                return;
            }
            self.phase.store(OUT, Ordering::Relaxed);
            state.lent += 1;
            state.find_worker(&self.pool.settings, &mut wakes)
        };
        self.pool.help(help);
    }

    fn go_on(&self) {
        if self.phase.load(Ordering::Relaxed) == BACK {
            return;
        }
        let mut wakes = WakeList::new();
        let mut state = self.pool.state.lock();
        if self.phase.load(Ordering::Relaxed) == OUT {
            state.take_back(&self.pool.settings, &mut wakes);
        }
        self.phase.store(BACK, Ordering::Relaxed);
    }
}

/// The current thread, which is a worker, waits for threads until this is dropped.
pub(super) struct Blocked(Arc<Shared>);

impl Blocked {
    pub(super) fn new(pool: Arc<Shared>) -> Self {
        let help = {
            let mut wakes = WakeList::new();
            let mut state = pool.state.lock();
            state.block(&pool.settings, &mut wakes)
        };
        pool.help(help);
        Self(pool)
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        let mut wakes = WakeList::new();
        let mut state = self.0.state.lock();
        state.unblock(&self.0.settings, &mut wakes);
    }
}

/// The current thread sleeps until a task of that pool has ended, or until there is room in its backlog, until this
/// is dropped.
pub(super) struct Want {
    pool: Arc<Shared>,
    number: u64,
}

impl Want {
    /// `job` had not begun before; `None` stands for any task.
    pub(super) fn new(pool: &Arc<Shared>, job: Option<&Arc<dyn Job>>) -> Self {
        let (number, help) = {
            let mut wakes = WakeList::new();
            let mut state = pool.state.lock();
            let number = state.want(job.cloned());
            let help = state.replace_blocked(&pool.settings, &mut wakes);
            (number, help)
        };
        pool.help(help);
        Self {
            pool: Arc::clone(pool),
            number,
        }
    }
}

impl Drop for Want {
    fn drop(&mut self) {
        let _job = self.pool.state.lock().unwant(self.number);
    }
}

/// What an awaited task can expect of its pool.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Prospect {
    /// It has begun, or has ended.
    Begun,
    /// It is in the backlog, and a worker can come for it.
    Queued,
    /// It has not begun, and is not in the backlog: the thread that took it out decides about it.
    TakenOut,
    /// It is in the backlog of a pool that can start no more workers.
    AtBound,
}

impl Shared {
    /// Starts a worker for one that waits, if one is to be started.
    fn help(self: &Arc<Self>, help: Help) {
        if let Err(why) = self.provide(help) {
            // Not the last worker: the one that waits is left.
            self.worker_missing(&why, None);
        }
    }

    /// Moves a task to the front of the backlog, if it is there.
    ///
    /// When a worker lends its place, the awaited task should run there before all others. Then, in a tree of
    /// tasks, only those between the root and a running task wait at a time.
    pub(super) fn move_to_front(&self, job: &dyn Job) {
        self.state.lock().backlog.move_to_front(job);
    }

    /// What `job` can expect.
    pub(super) fn prospect(&self, job: &dyn Job) -> Prospect {
        if !job.head().is_pending() {
            return Prospect::Begun;
        }
        let state = self.state.lock();
        if !state.backlog.contains(job) {
            // If it has been claimed since, a claim by the caller fails, which does no harm.
            Prospect::TakenOut
        } else if state.is_at_bound(&self.settings) {
            Prospect::AtBound
        } else {
            Prospect::Queued
        }
    }
}
