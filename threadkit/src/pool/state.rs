//! The state behind the lock of a pool: its workers, idle or not, and its pending tasks.

use std::sync::Arc;

use super::backlog::Backlog;
use super::job::Job;
use super::later::Later;
use super::settings::Settings;
use super::submit_error::Refusal;
use crate::table::Table;
use crate::threads::JoinHandle;
use crate::wait::{Outcome, Registration, StopSource, WaitQueue, Waiter, WakeList};

/// Whether tasks are accepted.
pub(super) enum Phase {
    Open,
    /// Further ones are refused; those in the backlog will be run.
    ShutDown,
    /// Further ones are refused and none will be run, for that reason.
    Broken(Arc<str>),
}

/// The state of a pool.
///
/// # Invariant
///
/// Every worker that is `alive` is one of: idle (its waiter is in `idle`), `seeking` (on its way to look at
/// the backlog: just started or just woken), running a task, `lent` (it waits inside a task for tasks or
/// for a pool, and others may run in its place), or `blocked` (it waits inside a task for threads). While fewer
/// than `size` workers are seeking, running or blocked, there are at least as many seeking as tasks in the backlog,
/// as far as there are workers to wake or to start: so no task waits while a worker could run it. `alive` counts
/// from before the start of a thread to its last look at the state, and is never above the pool's `max_threads`.
///
/// `starting` counts from the same moment until the thread that starts the worker has put its handle into `handles`, or
/// knows that there is none. The worker may have left by then. So the end of a pool waits for both counts: otherwise
/// the drop of the pool could find no handle, and return before that thread has ended.
///
/// A blocked worker keeps its place, because the threads that it waits for rarely need its pool. They do if they
/// wait for a task, so then the task is `wanted`. If every worker is idle, lent or blocked, and a task in the backlog
/// is wanted, then as many blocked workers as necessary are `replaced`, which makes them lent as well. So there are at
/// most as many replacements at a time as wanted tasks, or as the pool has places. Each step that makes a worker
/// blocked or lent, or a task wanted, or lets a worker go without a task, or adds a task while threads wait for room,
/// establishes this.
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) backlog: Backlog,
    /// The inbox was left open, see [`StateLock`](super::state_lock::StateLock).
    pub(super) is_inbox_open: bool,
    /// The tasks that are accepted and may not begin yet.
    pub(super) later: Later,
    /// The last one is woken first: its caches are warm, and the others may reach their keep-alive. The note of
    /// a waiter is 1 if its worker is a spare one, see [`SPARE_TIME`](super::next_job::SPARE_TIME).
    pub(super) idle: Vec<Arc<Waiter>>,
    /// How many of them are spare.
    pub(super) spares: usize,
    pub(super) seeking: usize,
    pub(super) alive: usize,
    pub(super) lent: usize,
    /// How many workers wait inside a task for threads or timers.
    blocked: usize,
    /// How many of these are `lent` too.
    replaced: usize,
    /// The tasks that had not begun when threads went to sleep for them, each by the number of that wait. `None` is
    /// a wait for room in the backlog, which any task makes.
    wanted: Table<u64, Option<Arc<dyn Job>>>,
    /// How many there have been.
    wants: u64,
    /// How many loans were ever given back.
    pub(super) returned: u64,
    /// The system had no thread for the last worker that a step tried to start.
    pub(super) starved: bool,
    /// How many workers were ever started, which numbers them.
    pub(super) started: u64,
    /// The threads of all workers that were neither joined nor detached.
    pub(super) handles: Vec<JoinHandle<()>>,
    /// How many starts of workers are under way: the thread may run already, and its handle is not in `handles` yet.
    pub(super) starting: usize,
    /// Threads that wait for room to submit.
    pub(super) submitters: WaitQueue,
    /// Threads that wait until the pool is idle.
    pub(super) idlers: WaitQueue,
    /// How many tasks run on threads that are not of the pool otherwise.
    pub(super) guests: usize,
    /// Where the running tasks that know their token are stopped, by their address, and what stops them
    /// with their thread.
    pub(super) sources: Table<usize, (StopSource, Option<Registration>)>,
    /// Running tasks are to stop, and so are tasks that begin from now on.
    pub(super) stopping: bool,
    /// The process is about to end: idle workers leave.
    pub(super) dismissed: bool,
}

/// What to do after the lock of the state is released.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Help {
    NotNeeded,
    /// Start the worker of that number.
    Start(u64),
    /// There are as many threads as there may be, and none is free.
    AtBound,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::Open,
            backlog: Backlog::default(),
            is_inbox_open: false,
            later: Later::new(),
            idle: Vec::new(),
            spares: 0,
            seeking: 0,
            alive: 0,
            lent: 0,
            blocked: 0,
            replaced: 0,
            wanted: Table::new(),
            wants: 0,
            returned: 0,
            starved: false,
            started: 0,
            handles: Vec::new(),
            starting: 0,
            submitters: WaitQueue::new(),
            idlers: WaitQueue::new(),
            guests: 0,
            sources: Table::new(),
            stopping: false,
            dismissed: false,
        }
    }

    /// A worker looks here for the last time; returns whether no task will be run any more.
    #[must_use]
    pub(super) fn leave(&mut self) -> bool {
        self.alive -= 1;
        self.is_gone()
    }

    /// Whether no task will be run any more, and the handles of all workers are in `handles`.
    pub(super) fn is_gone(&self) -> bool {
        self.alive == 0 && self.starting == 0 && !self.is_open() && self.later.follow() == 0
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Why the pool takes no more tasks, if it does not.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        match &self.phase {
            Phase::Open => None,
            Phase::ShutDown => Some(Refusal::ShutDown),
            Phase::Broken(why) => Some(Refusal::Broken(Arc::clone(why))),
        }
    }

    /// Whether no task runs or waits for a worker or another task.
    pub(super) fn is_idle(&self) -> bool {
        let is_free = self.alive == self.idle.len() + self.seeking && self.guests == 0;
        is_free && self.backlog.len() == 0 && self.later.follow() == 0
    }

    /// Wakes all threads that wait until the pool is idle, if it is.
    pub(super) fn call_idlers(&mut self, wakes: &mut WakeList) {
        if self.idlers.is_empty() || !self.is_idle() {
            return;
        }
        while let Some(idler) = self.idlers.grant_first() {
            wakes.push(idler);
        }
    }

    /// How many more tasks the pool can accept so that [`find_worker`](Self::find_worker) would have nothing to do for
    /// any of them.
    pub(super) fn credit(&self, settings: &Settings) -> usize {
        // The next task may be one for which a blocked worker is to be replaced.
        let is_any_wanted = || self.wanted.iter().any(|(_, job)| job.is_none());
        if !self.is_open() || (self.blocked > self.replaced && is_any_wanted()) {
            return 0;
        }
        let expected = match self.busy() >= settings.size() {
            true => usize::MAX,
            false => self.seeking.saturating_sub(self.backlog.len()),
        };
        expected.min(settings.bound().saturating_sub(self.backlog.len()))
    }

    /// How many workers are seeking, running or blocked in their places.
    fn busy(&self) -> usize {
        self.alive - self.idle.len() - self.lent
    }

    /// Finds a worker for a task that has just arrived, or after a worker has lent its place.
    pub(super) fn find_worker(&mut self, settings: &Settings, wakes: &mut WakeList) -> Help {
        match self.recruit(settings, wakes) {
            Help::NotNeeded => self.replace_blocked(settings, wakes),
            help => help,
        }
    }

    /// Finds a worker for a task that no worker has come for, if it has a place.
    pub(super) fn recruit(&mut self, settings: &Settings, wakes: &mut WakeList) -> Help {
        if self.backlog.len() <= self.seeking {
            return Help::NotNeeded;
        }
        if self.busy() >= settings.size() || self.call_idle(wakes) {
            return Help::NotNeeded;
        }
        if self.alive >= settings.max_threads {
            return Help::AtBound;
        }
        self.alive += 1;
        self.seeking += 1;
        self.started += 1;
        self.starting += 1;
        Help::Start(self.started)
    }

    /// A worker waits inside a task for threads.
    pub(super) fn block(&mut self, settings: &Settings, wakes: &mut WakeList) -> Help {
        self.blocked += 1;
        self.replace_blocked(settings, wakes)
    }

    /// It has waited.
    pub(super) fn unblock(&mut self, settings: &Settings, wakes: &mut WakeList) {
        self.blocked -= 1;
        if self.replaced > self.blocked {
            self.replaced -= 1;
            self.take_back(settings, wakes);
        }
    }

    /// A worker that was lent runs again.
    pub(super) fn take_back(&mut self, settings: &Settings, wakes: &mut WakeList) {
        self.lent -= 1;
        self.returned += 1;
        self.call_spare(settings, wakes);
    }

    /// A thread goes to sleep until that task has ended, or until there is room; returns the number of the wait.
    pub(super) fn want(&mut self, job: Option<Arc<dyn Job>>) -> u64 {
        self.wants += 1;
        self.wanted.insert(self.wants, job);
        self.wants
    }

    /// It has waited. Returns the task, to be dropped after the lock is released.
    pub(super) fn unwant(&mut self, number: u64) -> Option<Arc<dyn Job>> {
        self.wanted.remove(number).flatten()
    }

    /// Finds a worker for a task that is wanted, if every worker is idle, lent or blocked.
    pub(super) fn replace_blocked(&mut self, settings: &Settings, wakes: &mut WakeList) -> Help {
        match self.lend_blocked(settings, 0) {
            true => self.recruit(settings, wakes),
            false => Help::NotNeeded,
        }
    }

    /// Lends the places of blocked workers for a task that is wanted, if every worker is idle, lent or blocked, not
    /// counting `more` that have no task either. Returns whether there is such a task.
    pub(super) fn lend_blocked(&mut self, settings: &Settings, more: usize) -> bool {
        let keeping = self.blocked - self.replaced;
        if keeping == 0 || self.alive > self.idle.len() + self.lent + keeping + more {
            return false;
        }
        let is_here = |job: &&Option<Arc<dyn Job>>| match job {
            Some(job) => self.backlog.contains(&**job),
            None => self.backlog.len() > 0,
        };
        let Some(wanted) = self.wanted.iter().map(|(_, job)| job).find(is_here) else {
            return false;
        };
        if let Some(job) = wanted {
            self.backlog.move_to_front(&**job);
        }
        // At most `keeping` of them run no other task, and a pool has room for one, so it replaces no more than these.
        while self.unlent() - self.idle.len() - more >= settings.size() {
            self.replaced += 1;
            self.lent += 1;
        }
        true
    }

    /// How many workers there are that do not wait inside a task.
    fn unlent(&self) -> usize {
        self.alive - self.lent
    }

    /// Whether more tasks would run at once than should, if the worker that asks began one.
    pub(super) fn is_crowded(&self, settings: &Settings) -> bool {
        self.unlent() - self.idle.len() > settings.size()
    }

    /// Whether there are more workers than can run tasks at once, as things stand.
    pub(super) fn has_spare(&self, settings: &Settings) -> bool {
        self.unlent() > settings.size()
    }

    /// The worker of that waiter is idle.
    pub(super) fn push_idle(&mut self, waiter: &Arc<Waiter>) {
        self.spares += waiter.note();
        self.idle.push(Arc::clone(waiter));
    }

    /// The worker of that waiter is idle no longer. Returns whether it was: it is not if it was called.
    pub(super) fn remove_idle(&mut self, waiter: &Arc<Waiter>) -> bool {
        let is_it = |idle: &Arc<Waiter>| Arc::ptr_eq(idle, waiter);
        match self.idle.iter().position(is_it) {
            Some(index) => {
                self.idle.remove(index);
                self.spares -= waiter.note();
                true
            }
            None => false,
        }
    }

    /// Calls one idle worker that does not know yet that it is a spare one.
    pub(super) fn call_spare(&mut self, settings: &Settings, wakes: &mut WakeList) {
        if self.unlent() > settings.size().saturating_add(self.spares)
            && let Some(index) = self.idle.iter().position(|idle| idle.note() == 0)
        {
            let waiter = self.idle.remove(index);
            self.call(waiter, wakes);
        }
    }

    /// Whether no worker can be started.
    pub(super) fn is_at_bound(&self, settings: &Settings) -> bool {
        self.starved || self.alive >= settings.max_threads
    }

    /// Whether no worker runs, but for `more` that are about to wait, and none waits inside a task for a thread: all
    /// of them wait for tasks or for pools.
    pub(super) fn all_wait(&self, more: usize) -> bool {
        self.alive > 0 && self.alive == self.lent + self.idle.len() + more && self.blocked == 0
    }

    /// Calls an idle worker, if there is one: wakes it, unless it is awake because its keep-alive is over. The
    /// worker finds out by itself why it was called.
    pub(super) fn call_idle(&mut self, wakes: &mut WakeList) -> bool {
        let Some(waiter) = self.idle.pop() else {
            return false;
        };
        self.spares -= waiter.note();
        self.call(waiter, wakes);
        true
    }

    fn call(&mut self, waiter: Arc<Waiter>, wakes: &mut WakeList) {
        self.seeking += 1;
        if waiter.decide(Outcome::Granted) {
            wakes.push(waiter);
        }
    }

    /// A worker that was expected to run a task will not run it: calls an idle one instead.
    pub(super) fn call_substitute(&mut self, wakes: &mut WakeList) {
        if self.backlog.len() > self.seeking {
            self.call_idle(wakes);
        }
    }

    /// Calls all idle workers.
    pub(super) fn call_all_idle(&mut self, wakes: &mut WakeList) {
        while self.call_idle(wakes) {}
    }

    /// Calls all idle workers, and wakes all threads that wait to submit.
    pub(super) fn call_all(&mut self, wakes: &mut WakeList) {
        self.call_all_idle(wakes);
        while let Some(submitter) = self.submitters.grant_first() {
            wakes.push(submitter);
        }
    }

    /// Wakes the first thread that waits to submit, if there is room now.
    pub(super) fn call_submitter(&mut self, bound: usize, wakes: &mut WakeList) {
        if self.backlog.len() < bound
            && let Some(submitter) = self.submitters.grant_first()
        {
            wakes.push(submitter);
        }
    }
}
