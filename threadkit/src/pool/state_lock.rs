//! The lock of a pool's state, and the inbox in front of it.

use core::mem;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::collections::VecDeque;
use std::sync::Arc;

use super::job::Job;
use super::settings::Settings;
use super::spent::SpentTasks;
use super::state::State;
use crate::backend::{CachePadded, RawSpin, SpinMutex, lock_api};
use crate::inspect::{Group, GroupKind};

/// The lock of the state of a pool. Most submissions do not acquire it: they leave their task in the inbox.
///
/// # Invariant
///
/// The inbox is the end of the backlog: all of its tasks were submitted after those in the backlog. A thread that holds
/// the lock of the state may take them over at any time, and does so before it looks for a task or at the number of
/// tasks. The lock of the inbox is acquired last, and no thread waits while it holds it.
///
/// `credit` says for how many tasks the inbox is open. Each of them must need nothing but to be in the queue: the pool
/// accepts it, has room for it, and needs to call no worker for it. A thread that changes the state, so that this may
/// not hold any more, closes the inbox first, and opens it again when it releases the lock. Two changes need no closed
/// inbox, because they can only add to the credit: taking tasks over, and counting a running worker as seeking.
///
/// So a worker that goes to sleep has closed the inbox, and has found neither that nor the backlog with a task: a task
/// that comes later finds the inbox closed, and its submitter finds the sleeping worker.
pub(super) struct StateLock {
    state: CachePadded<SpinMutex<State>>,
    inbox: CachePadded<SharedInbox>,
    /// The length of the backlog, for workers that look without the lock. Written under it.
    pending: AtomicUsize,
    settings: Arc<Settings>,
    /// The threads of the pool, and how many tasks wait for them.
    pub(super) group: Group,
}

/// What submitters write.
struct SharedInbox {
    inbox: SpinMutex<Inbox>,
    /// Whether there is any credit, for submitters that look before they acquire the lock. Written under it.
    is_open: AtomicBool,
    /// How many tasks are in it, for workers that look without the lock. Written under it.
    len: AtomicUsize,
    /// Whether there are spent tasks, for submitters that look before they acquire the lock. Written under it.
    has_spent: AtomicBool,
}

struct Inbox {
    entries: VecDeque<Option<Arc<dyn Job>>>,
    /// The place of the next task in the backlog. Valid while the inbox is open.
    end: u64,
    /// How many more tasks may come; `usize::MAX` if any number may.
    credit: usize,
    /// For the threads that submit. It has nothing to do with whether the inbox is open.
    spent: SpentTasks,
}

impl StateLock {
    pub(super) fn new(settings: Arc<Settings>) -> Self {
        Self {
            group: Group::new(GroupKind::Pool, Some(&settings.name), settings.built),
            state: CachePadded::new(SpinMutex::new(State::new())),
            inbox: CachePadded::new(SharedInbox {
                inbox: SpinMutex::new(Inbox {
                    entries: VecDeque::new(),
                    end: 0,
                    credit: 0,
                    spent: SpentTasks::new(),
                }),
                is_open: AtomicBool::new(false),
                len: AtomicUsize::new(0),
                has_spent: AtomicBool::new(false),
            }),
            pending: AtomicUsize::new(0),
            settings,
        }
    }

    /// The whole state, with all tasks in the backlog. The inbox is closed until the guard is dropped.
    pub(super) fn lock(&self) -> StateGuard<'_> {
        let mut guard = self.lock_to_pop();
        guard.close();
        guard
    }

    /// The state for a worker that looks for a task: the latest ones may be in the inbox, which stays as it is.
    pub(super) fn lock_to_pop(&self) -> StateGuard<'_> {
        StateGuard {
            state: self.state.lock(),
            lock: self,
        }
    }

    /// The state as it is, if no other thread looks at it; not for tasks.
    pub(super) fn try_lock(&self) -> Option<impl Deref<Target = State>> {
        self.state.try_lock()
    }

    /// Leaves a task in the inbox, if that is open; otherwise returns it.
    pub(super) fn try_push(&self, job: Arc<dyn Job>) -> Result<(), Arc<dyn Job>> {
        let shared = &*self.inbox;
        // Relaxed: an open inbox is looked at again under its lock, and a closed one under the lock of the state.
        if !shared.is_open.load(Ordering::Relaxed) {
            return Err(job);
        }
        let mut inbox = shared.inbox.lock();
        if inbox.credit == 0 {
            return Err(job);
        }
        self.push(&mut inbox, job);
        Ok(())
    }

    /// The same for a task that has no place in memory yet. It gets that of a spent one. If there is none, this returns
    /// the task.
    pub(super) fn try_push_in<J: Job + 'static>(&self, job: J) -> Result<Arc<J>, J> {
        let shared = &*self.inbox;
        if !SpentTasks::may_have::<J>() {
            return Err(job);
        }
        // Relaxed: both are looked at again under the lock.
        if !shared.is_open.load(Ordering::Relaxed) || !shared.has_spent.load(Ordering::Relaxed) {
            return Err(job);
        }
        let (job, _other) = {
            let mut inbox = shared.inbox.lock();
            if inbox.credit == 0 {
                return Err(job);
            }
            let put = inbox.spent.put_in(job);
            let is_empty = inbox.spent.is_empty();
            shared.has_spent.store(!is_empty, Ordering::Relaxed);
            match put {
                Ok(job) => {
                    self.push(&mut inbox, Arc::clone(&job) as Arc<dyn Job>);
                    return Ok(job);
                }
                Err(back) => back,
            }
        };
        Err(job)
    }

    /// Leaves a task in the inbox, which has credit for it.
    fn push(&self, inbox: &mut Inbox, job: Arc<dyn Job>) {
        if inbox.credit != usize::MAX {
            inbox.credit -= 1;
        }
        job.head().set_place(inbox.end);
        inbox.end += 1;
        inbox.entries.push_back(Some(job));
        self.note_new(inbox.entries.len());
    }

    /// Gives spent tasks to the threads that submit, as far as there is room for them.
    pub(super) fn give_back(&self, spent: &mut SpentTasks) {
        let mut inbox = self.inbox.inbox.lock();
        inbox.spent.append(spent);
        let is_empty = inbox.spent.is_empty();
        self.inbox.has_spent.store(!is_empty, Ordering::Relaxed);
    }

    /// Whether there is a task, for a worker that looks again under the lock. The thread that takes tasks over from the
    /// inbox counts them in the backlog first.
    pub(super) fn seems_to_have_any(&self) -> bool {
        // Relaxed: a worker that overlooks a task looks once more before it sleeps.
        self.seen_pending() != 0
    }

    /// How many tasks have not begun. The number may be old at once.
    pub(super) fn seen_pending(&self) -> usize {
        self.inbox.len.load(Ordering::Relaxed) + self.pending.load(Ordering::Relaxed)
    }

    /// Notes how many tasks the backlog has. The caller holds the lock.
    pub(super) fn note_pending(&self, len: usize) {
        self.pending.store(len, Ordering::Relaxed);
        self.group.note_pending(len);
    }

    /// Notes how many tasks the inbox has. The caller holds its lock.
    fn note_new(&self, len: usize) {
        self.inbox.len.store(len, Ordering::Relaxed);
        self.group.note_new(len);
    }
}

/// The guard of a [`StateLock`].
pub(super) struct StateGuard<'a> {
    lock: &'a StateLock,
    state: lock_api::MutexGuard<'a, RawSpin, State>,
}

impl StateGuard<'_> {
    /// Takes all tasks over from the inbox, and closes it until this guard is dropped.
    pub(super) fn close(&mut self) {
        if mem::take(&mut self.state.is_inbox_open) {
            self.take_over(true);
        }
    }

    /// Takes all tasks over from the inbox, which stays open.
    pub(super) fn take_new(&mut self) {
        if self.state.is_inbox_open {
            self.take_over(false);
        }
    }

    fn take_over(&mut self, close: bool) {
        let shared = &*self.lock.inbox;
        let mut inbox = shared.inbox.lock();
        if close {
            inbox.credit = 0;
            shared.is_open.store(false, Ordering::Relaxed);
        }
        if !inbox.entries.is_empty() {
            self.state.backlog.append(&mut inbox.entries);
            debug_assert_eq!(self.state.backlog.end(), inbox.end);
            self.lock.note_pending(self.state.backlog.len());
            self.lock.note_new(0);
        }
    }
}

impl Drop for StateGuard<'_> {
    fn drop(&mut self) {
        if self.state.is_inbox_open {
            return;
        }
        let credit = self.state.credit(&self.lock.settings);
        if credit == 0 {
            return;
        }
        let shared = &*self.lock.inbox;
        let mut inbox = shared.inbox.lock();
        inbox.end = self.state.backlog.end();
        inbox.credit = credit;
        shared.is_open.store(true, Ordering::Relaxed);
        self.state.is_inbox_open = true;
    }
}

impl Deref for StateGuard<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for StateGuard<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

#[cfg(all(test, feature = "explore"))]
mod tests {
    use std::sync::Arc;

    use crate::backend::{Site, tally};
    use crate::explore::Explorer;
    use crate::pool::cell;
    use crate::pool::job::{Job, Returning, TASK};
    use crate::pool::job_result::JobResult;
    use crate::pool::spent::SpentTasks;
    use crate::{Event, ThreadPool, spawn, wait_all};

    /// A worker that gives back every task by itself, and handles that are dropped at any time or joined.
    #[test]
    fn a_handle_takes_the_result_of_its_own_task_whatever_memory_that_has() {
        fn body(n: u32) -> impl Fn() -> u32 {
            move || n
        }
        Explorer::new().random().runs(1_000).check(|| {
            let pool = Arc::new(ThreadPool::new(1));
            // Its own worker is busy, so the inbox is open.
            let begun = Arc::new(Event::new());
            let begins = Arc::clone(&begun);
            let busy = pool.submit(move || {
                begins.set();
                crate::stop_token().wait();
            });
            begun.wait();
            let own = Arc::clone(&pool);
            let worker = spawn(move || {
                let (state, mut left) = (&own.shared().state, 4);
                while left > 0 {
                    let job = {
                        let mut guard = state.lock_to_pop();
                        guard.take_new();
                        guard.backlog.pop()
                    };
                    let Some(job) = job else {
                        crate::yield_now();
                        continue;
                    };
                    left -= u32::from(job.run());
                    let mut spent = SpentTasks::new();
                    spent.push(job);
                    state.give_back(&mut spent);
                }
            });
            let mut kept = Vec::new();
            for n in 0..4 {
                let state = &pool.shared().state;
                let cell = match state.try_push_in(cell::hold(body(n), Site::new(TASK))) {
                    Ok(cell) => cell,
                    Err(cell) => {
                        let cell = Arc::new(cell);
                        let push = pool.shared().push(Arc::clone(&cell) as Arc<dyn Job>, true);
                        assert!(push.is_ok());
                        cell
                    }
                };
                match n % 2 {
                    0 => drop(cell.renounce()),
                    _ => kept.push((n, cell)),
                }
            }
            worker.join().unwrap();
            for (n, cell) in kept {
                assert!(matches!(cell.collect(), Some(JobResult::Returned(m)) if m == n));
            }
            busy.stop();
        });
    }

    /// Counts how often a task acquires a lock of the pool or its own, and how often it waits for one, if each thread
    /// has a processor of its own: at each step, a thread goes on that was chosen at random.
    ///
    /// The counts are of the whole process, so this runs alone:
    /// `cargo test -p threadkit --lib --features explore contention -- --ignored --nocapture`
    #[test]
    #[ignore = "counts what the whole process does"]
    fn contention_by_simulation() {
        const TASKS: u64 = 300;
        const RUNS: u64 = 20;
        println!(
            "workers: acquisitions and waits a task, submitted one by one; from a full backlog"
        );
        for workers in [2, 8, 32] {
            let measure = |full: bool| {
                let before = tally::read();
                Explorer::new().random().runs(RUNS).check(move || {
                    let pool = ThreadPool::new(workers);
                    let gate = Arc::new(Event::new());
                    if full {
                        for _ in 0..workers {
                            let gate = Arc::clone(&gate);
                            drop(pool.submit(move || gate.wait()));
                        }
                    }
                    let tasks: Vec<_> = (0..TASKS).map(|_| pool.submit(|| ())).collect();
                    gate.set();
                    wait_all(&tasks);
                });
                let after = tally::read();
                let each = |count: u64| count as f64 / (TASKS * RUNS) as f64;
                (each(after.0 - before.0), each(after.1 - before.1))
            };
            let (stream, full) = (measure(false), measure(true));
            println!(
                "{workers:2}: {:.1} {:.2}; {:.1} {:.2}",
                stream.0, stream.1, full.0, full.1
            );
            // A push, a pop, a claim, an end, and the waits for that; the rest is for calling and starting workers.
            assert!(full.0 < 12.0);
        }
    }
}
