//! A task as the pool sees it: something to be claimed once, whatever it runs and returns.

use core::any::Any;
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Waker;

use super::arrivals::Arrivals;
use super::callbacks::{self, Callback};
use super::ending::Ending;
use super::interrupted::Interrupted;
use super::job_result::{JobResult, NeverRan};
use super::lost::Lost;
use crate::backend::{self, Access, ShownValue, Site, TaskId};
use crate::inspect::{Enders, NotedTask, Precedence};
use crate::threads::Stoppable;
use crate::unwind::run_quietly;
use crate::wait::{Outcome, StopSource, Ticket, Until, WaitError, WaitQueue, Waiter};

/// The task is not claimed: it may still run or be cancelled.
const PENDING: u8 = 0;
/// A thread runs it, or is about to drop it unrun.
const CLAIMED: u8 = 1;
/// It has ended and left its result. Each way to end has a number of its own, from here on.
const RETURNED: u8 = 2;
const PANICKED: u8 = 3;
const CANCELLED: u8 = 4;
/// The task is not claimed and may not run yet: it waits for another task or for a time. It may be cancelled.
const LATER: u8 = 5;
/// The task is not claimed and never runs: a promise ends it. It may be cancelled.
const PROMISED: u8 = 6;

/// What a task is, in the report of an exploration.
pub(super) const TASK: &str = "a task";

/// The part of a task that does not depend on its body.
///
/// # Invariant
///
/// `phase` goes from pending to claimed to done, and mirrors the stage in the task's cell: written under the cell's
/// lock, read without it where only the phase is asked for. A task that may begin later is pending once it may; one
/// that is promised is claimed without ever being pending. `place` is where the task stands in its pool's backlog, or
/// among those that may begin later, written under the pool's lock. `stop` is made by the first thread that needs it.
/// `announced` belongs to the thread that runs the task. `unwanted` is written and read under the cell's lock.
/// `is_part` and `lost` never change.
pub(super) struct Head {
    phase: AtomicU8,
    place: AtomicU64,
    stop: OnceLock<StopSource>,
    announced: AtomicBool,
    /// The handle was dropped: the result will not be taken.
    unwanted: AtomicBool,
    runner: NotedTask,
    precedence: Precedence,
    is_part: bool,
    lost: Option<Arc<Lost>>,
    /// Where it was made.
    site: Site,
}

/// What depends on the end of a task.
pub(super) enum Owner {
    /// Its handle alone.
    Handle,
    /// Something that it is a part of, which waits for it.
    Whole,
    /// A scope, which waits for it, and gets a panic that no join returns.
    Scope(Arc<Lost>),
}

impl Head {
    pub(super) fn new(owner: Owner, site: Site) -> Self {
        let (is_part, lost) = match owner {
            Owner::Handle => (false, None),
            Owner::Whole => (true, None),
            Owner::Scope(lost) => (true, Some(lost)),
        };
        Self {
            phase: AtomicU8::new(PENDING),
            place: AtomicU64::new(u64::MAX),
            stop: OnceLock::new(),
            announced: AtomicBool::new(false),
            unwanted: AtomicBool::new(false),
            runner: NotedTask::none(),
            precedence: Precedence::here(),
            is_part,
            lost,
            site,
        }
    }

    /// That of a task that may begin later.
    pub(super) fn later(site: Site) -> Self {
        Self {
            phase: AtomicU8::new(LATER),
            ..Self::new(Owner::Handle, site)
        }
    }

    /// That of a task that never runs.
    pub(super) fn promised(site: Site) -> Self {
        Self {
            phase: AtomicU8::new(PROMISED),
            ..Self::new(Owner::Handle, site)
        }
    }

    /// Whether the task may begin later, but not now.
    pub(super) fn is_later(&self) -> bool {
        backend::yield_before(Access::LOOK);
        // Relaxed: as in `is_pending`.
        self.phase.load(Ordering::Relaxed) == LATER
    }

    /// Whether a promise ends the task, which is open.
    pub(super) fn is_promised(&self) -> bool {
        // Relaxed: as in `is_pending`.
        self.phase.load(Ordering::Relaxed) == PROMISED
    }

    /// Whether the task has begun, and has not ended.
    pub(super) fn is_claimed(&self) -> bool {
        backend::yield_before(Access::LOOK);
        // Relaxed: the answer may be old at once.
        self.phase.load(Ordering::Relaxed) == CLAIMED
    }

    /// Lets a task that may begin later begin now; returns whether it could not before. The caller holds the cell's
    /// lock.
    pub(super) fn set_pending(&self) -> bool {
        let is_later = self.phase.load(Ordering::Relaxed) == LATER;
        if is_later {
            self.phase.store(PENDING, Ordering::Relaxed);
        }
        is_later
    }

    pub(super) fn is_pending(&self) -> bool {
        backend::yield_before(Access::LOOK);
        // Relaxed: a thread that acts on it claims the task, under the lock.
        self.phase.load(Ordering::Relaxed) == PENDING
    }

    pub(super) fn is_done(&self) -> bool {
        self.ending().is_some()
    }

    /// How the task has ended, if it has.
    pub(super) fn ending(&self) -> Option<Ending> {
        let ending = self.look_at_ending();
        if ending.is_some() {
            self.precedence.join();
        }
        ending
    }

    fn look_at_ending(&self) -> Option<Ending> {
        backend::yield_before(Access::LOOK);
        // Acquire: a thread that sees the end sees what the task did, by the release in `set_done`.
        match self.phase.load(Ordering::Acquire) {
            RETURNED => Some(Ending::Returned),
            PANICKED => Some(Ending::Panicked),
            CANCELLED => Some(Ending::Cancelled),
            _ => None,
        }
    }

    /// How the task has ended, for the report of an exploration; `None` if it has not. It is no step.
    pub(super) fn shown_end(&self) -> Option<ShownValue> {
        // Relaxed: the threads of an exploration take turns.
        match self.phase.load(Ordering::Relaxed) {
            RETURNED => Some(ShownValue::Word("returned")),
            PANICKED => Some(ShownValue::Word("panicked")),
            CANCELLED => Some(ShownValue::Word("cancelled")),
            _ => None,
        }
    }

    /// The current thread claims the task.
    pub(super) fn set_claimed(&self) {
        self.runner.note();
        self.phase.store(CLAIMED, Ordering::Relaxed);
    }

    /// What ends a wait for the end of the task. A task that has not begun can be cancelled by any thread.
    pub(super) fn enders(&self) -> Enders {
        match self.phase.load(Ordering::Relaxed) {
            PENDING | LATER | PROMISED => Enders::Anyone,
            CLAIMED => self.runner.enders(),
            _ => Enders::Over,
        }
    }

    /// The task that runs it, if it has begun and has not ended.
    pub(super) fn runner(&self) -> Option<TaskId> {
        let is_claimed = self.phase.load(Ordering::Relaxed) == CLAIMED;
        self.runner.task().filter(|_| is_claimed)
    }

    /// What comes before the begin of the task, and then before its end.
    pub(super) fn precedence(&self) -> &Precedence {
        &self.precedence
    }

    pub(super) fn set_done(&self, ending: Ending) {
        let phase = match ending {
            Ending::Returned => RETURNED,
            Ending::Panicked => PANICKED,
            Ending::Cancelled => CANCELLED,
        };
        // Release: pairs with the acquire in `ending`.
        self.phase.store(phase, Ordering::Release);
    }

    pub(super) fn place(&self) -> u64 {
        // Relaxed, as is the store: only compared under the pool's lock.
        self.place.load(Ordering::Relaxed)
    }

    pub(super) fn set_place(&self, place: u64) {
        self.place.store(place, Ordering::Relaxed);
    }

    pub(super) fn is_unwanted(&self) -> bool {
        // Relaxed, as is the store: under the cell's lock.
        self.unwanted.load(Ordering::Relaxed)
    }

    pub(super) fn set_unwanted(&self) {
        self.unwanted.store(true, Ordering::Relaxed);
    }

    /// Where the task is stopped.
    pub(super) fn source(&self) -> &StopSource {
        self.stop.get_or_init(StopSource::new)
    }

    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    /// Where panics go that no join returns; `None` means the except hook.
    pub(super) fn lost(&self) -> Option<&Lost> {
        self.lost.as_deref()
    }

    /// Whether a task that has ended has nothing left that a drop of it would end, and is no part of anything.
    pub(super) fn is_plain(&self) -> bool {
        self.stop.get().is_none() && !self.is_part
    }

    /// Whether the task may be kept for any length of time without running.
    pub(super) fn may_be_kept(&self) -> bool {
        !self.is_part
    }

    /// Identifies this task among all that are alive.
    pub(super) fn key(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// Notes that the pool knows the task's source; returns whether it did not before.
    pub(super) fn announce(&self) -> bool {
        !self.announced.swap(true, Ordering::Relaxed)
    }

    pub(super) fn is_announced(&self) -> bool {
        self.announced.load(Ordering::Relaxed)
    }
}

/// The objects that are notified of the end of a task.
#[derive(Default)]
pub(super) struct Watchers {
    pub(super) waiters: Option<WaitQueue>,
    /// Threads that wait until the task may begin. Its end wakes them too.
    pub(super) starters: Option<WaitQueue>,
    /// The workers among the waiters.
    pub(super) interrupted: Vec<Arc<dyn Interrupted>>,
    /// The waker of the executor that polls the task.
    pub(super) waker: Option<Waker>,
    /// The arrivals of threads that wait for several tasks, each with the number of this task there.
    pub(super) arrivals: Vec<(Arc<Arrivals>, usize)>,
    /// What lets the tasks begin that follow.
    pub(super) followers: Vec<Callback>,
    pub(super) callbacks: Vec<Callback>,
}

impl Watchers {
    /// Notifies waiters first, then the tasks that follow, then the callbacks in the order of their registration.
    ///
    /// Called holding no lock. A panic of a callback has been reported by the panic hook and goes no
    /// further.
    pub(super) fn tell(self, ending: Ending) {
        for worker in self.interrupted {
            worker.go_on();
        }
        for waiters in [self.starters, self.waiters].into_iter().flatten() {
            waiters.grant_all();
        }
        for (arrivals, number) in self.arrivals {
            arrivals.note(number);
        }
        if let Some(waker) = self.waker {
            run_quietly(|| waker.wake());
        }
        callbacks::call(self.followers, self.callbacks, ending);
    }
}

/// The pool of a task, as the task sees it.
pub(super) trait PoolOfJob {
    /// The address of the pool.
    fn address(&self) -> usize;

    /// A task that was claimed elsewhere leaves the backlog, or those that may begin later.
    fn forget(&self, job: &dyn Job);
}

/// A task that borrows nothing, whose type can be asked for.
pub(super) type AnyJob = Arc<dyn Any + Send + Sync>;

/// A task without its types.
pub(super) trait Job: Stoppable {
    fn head(&self) -> &Head;

    /// Claims the task and runs its body to the end; `false` if it is claimed already.
    fn run(&self) -> bool;

    /// Claims the task and ends it without running, as cancelled or for that reason; `false` if it is claimed
    /// already. It leaves its pool when it counts as ended, and before its watchers are notified.
    fn end(&self, why: NeverRan, pool: &dyn PoolOfJob) -> bool;

    /// The same for a task that follows one that has failed, if it may begin: it ends with the error of the earlier
    /// task.
    fn pass_on(&self, pool: &dyn PoolOfJob) -> bool;

    /// The task may begin from now on; returns whether it could not before, and is not claimed.
    fn may_begin(&self) -> bool;

    /// The task that has to end before this one may begin, if this one is not claimed.
    fn earlier(&self) -> Option<Arc<dyn Job>>;

    /// The task as one whose type can be asked for, if it borrows nothing.
    fn into_any(self: Arc<Self>) -> Option<AnyJob>;

    /// Shows the watchers to `f`, under the lock, unless the task has ended; returns whether it did so.
    fn unless_done(&self, f: &mut dyn FnMut(&mut Watchers)) -> bool;
}

/// A task whose handle can take its result.
pub(super) trait Returning<T>: Job {
    /// Takes the result, if it is there.
    fn collect(&self) -> Option<JobResult<T>>;

    /// Notes that the result will not be taken; returns it if it is there already.
    fn renounce(&self) -> Option<JobResult<T>>;
}

impl dyn Job + '_ {
    /// Sleeps until the task has ended, or `until`.
    pub(super) fn sleep(
        &self,
        until: &Until<'_>,
        worker: Option<&Arc<dyn Interrupted>>,
    ) -> Result<(), WaitError> {
        if self.head().is_done() {
            return Ok(());
        }
        let waiter = Waiter::new();
        let Some(ticket) = self.enlist(&waiter, worker) else {
            return Ok(());
        };
        if let Some(worker) = worker {
            worker.wait();
        }
        let outcome = waiter.wait(until);
        if outcome == Outcome::Granted {
            self.head().precedence().join();
            return Ok(());
        }
        self.delist(ticket, &waiter, worker);
        match outcome {
            // The task ended after the wait was decided, so the wait succeeds.
            _ if self.head().is_done() => Ok(()),
            Outcome::Stopped => Err(WaitError::Stopped),
            _ => Err(WaitError::TimedOut),
        }
    }

    /// Puts a waiter where the end of the task finds it; `None` if the task has ended.
    pub(super) fn enlist(
        &self,
        waiter: &Arc<Waiter>,
        worker: Option<&Arc<dyn Interrupted>>,
    ) -> Option<Ticket> {
        let mut ticket = None;
        self.unless_done(&mut |watchers| {
            let waiters = watchers.waiters.get_or_insert_with(WaitQueue::new);
            ticket = Some(waiters.push(waiter));
            watchers.interrupted.extend(worker.cloned());
        });
        ticket
    }

    /// Sleeps until the task may begin or has ended, or `until`.
    pub(super) fn sleep_until_it_may_begin(
        &self,
        until: &Until<'_>,
        worker: Option<&Arc<dyn Interrupted>>,
    ) -> Result<(), WaitError> {
        let waiter = Waiter::new();
        let mut ticket = None;
        self.unless_done(&mut |watchers| {
            // Looked at under the lock under which it changes.
            if self.head().is_later() {
                let starters = watchers.starters.get_or_insert_with(WaitQueue::new);
                ticket = Some(starters.push(&waiter));
            }
        });
        let Some(ticket) = ticket else {
            return Ok(());
        };
        if let Some(worker) = worker {
            worker.wait();
        }
        let outcome = waiter.wait(until);
        if outcome == Outcome::Granted {
            return Ok(());
        }
        self.unless_done(&mut |watchers| {
            if let Some(starters) = &mut watchers.starters {
                starters.remove(ticket, &waiter);
            }
        });
        outcome.result()
    }

    /// Takes back [`enlist`](Self::enlist).
    pub(super) fn delist(
        &self,
        ticket: Ticket,
        waiter: &Arc<Waiter>,
        worker: Option<&Arc<dyn Interrupted>>,
    ) {
        self.unless_done(&mut |watchers| {
            if let Some(waiters) = &mut watchers.waiters {
                waiters.remove(ticket, waiter);
            }
            if let Some(worker) = worker {
                // The caller has it too, so the last reference is not dropped here, under the lock.
                watchers
                    .interrupted
                    .retain(|other| !Arc::ptr_eq(other, worker));
            }
        });
    }

    /// Registers `arrivals` for the end of the task, which is reported at once if the task has ended.
    pub(super) fn arrive_at(&self, arrivals: &Arc<Arrivals>, number: usize) {
        let enter = &mut |watchers: &mut Watchers| {
            watchers.arrivals.push((Arc::clone(arrivals), number));
        };
        if !self.unless_done(enter) {
            arrivals.note(number);
        }
    }

    /// Takes back [`arrive_at`](Self::arrive_at).
    pub(super) fn stay_away_from(&self, arrivals: &Arc<Arrivals>) {
        self.unless_done(&mut |watchers| {
            // The caller has it too, so the last reference is not dropped here, under the lock.
            watchers
                .arrivals
                .retain(|(to, _)| !Arc::ptr_eq(to, arrivals));
        });
    }

    /// Calls `callback` when the task has ended; at once if it has.
    pub(super) fn when_done(&self, callback: Callback) {
        self.register(callback, |watchers| &mut watchers.callbacks);
    }

    /// The same for a callback that lets a following task begin. It is called before all others, and waits for none.
    pub(super) fn followed_by(&self, follower: Callback) {
        self.register(follower, |watchers| &mut watchers.followers);
    }

    fn register(&self, callback: Callback, those: fn(&mut Watchers) -> &mut Vec<Callback>) {
        let mut callback = Some(callback);
        self.unless_done(&mut |watchers| those(watchers).extend(callback.take()));
        if let (Some(callback), Some(ending)) = (callback, self.head().ending()) {
            callbacks::call_now(callback, ending);
        }
    }
}
