//! The state that a pool, its workers and its tasks share, and the operations on it.

use std::sync::{Arc, Weak};

use super::job::{Job, PoolOfJob};
use super::later::{Wait, cancel_all};
use super::settings::{Settings, WhenFull};
use super::state::{Help, Phase, State};
use super::state_lock::StateLock;
use super::submit_error::Refusal;
use crate::backend::QuietMutex;
use crate::identity;
use crate::inspect::{self, EndedBy, Enders, Membership};
use crate::panics::{self, Caught};
use crate::table::Table;
use crate::threads::{Dismiss, Thread, ThreadRef, at_end};
use crate::trace;
use crate::wait::{Gate, Outcome, Registration, StopSource, Until, WaitError, Waiter, WakeList};

/// What is known of waits inside the tasks of one pool, besides the number of workers that are lent. A thread writes
/// here what it does itself.
#[derive(Default)]
pub(super) struct Waits {
    /// How many of these waits have a deadline.
    pub(super) limited: usize,
    /// How many tasks run inline on threads that are no workers of this pool.
    pub(super) guests: usize,
    /// How many of these wait for tasks.
    pub(super) waiting_guests: usize,
    /// The other pools that these waits are for, one for each wait and pool.
    pub(super) abroad: Vec<Arc<Shared>>,
}

/// The shared half of a pool.
///
/// # Invariant
///
/// `gone` opens once further tasks are refused, no worker is left and none is being started, which is then final.
pub(super) struct Shared {
    pub(super) settings: Arc<Settings>,
    pub(super) state: StateLock,
    pub(super) gone: Gate,
    pub(super) waits: QuietMutex<Waits>,
    /// What a new worker does, from its first step to its last.
    work: fn(Arc<Shared>),
}

impl Shared {
    pub(super) fn new(settings: Settings, work: fn(Arc<Self>)) -> Arc<Self> {
        panics::note_places();
        let settings = Arc::new(settings);
        let shared = Arc::new(Self {
            state: StateLock::new(Arc::clone(&settings)),
            settings,
            gone: Gate::new(),
            waits: QuietMutex::default(),
            work,
        });
        let pool: Weak<Self> = Arc::downgrade(&shared);
        at_end(pool);
        shared
    }

    /// Notes that the current thread is a worker, until the result is dropped.
    pub(super) fn admit_worker(&self) -> Membership {
        self.state.group.admit_current()
    }

    pub(super) fn bound(&self) -> usize {
        self.settings.bound()
    }

    /// Whether a submission may find the backlog full.
    pub(super) fn is_bounded(&self) -> bool {
        self.settings.bound.is_some()
    }

    /// What to do with a task that finds the backlog full.
    pub(super) fn when_full(&self) -> WhenFull {
        self.settings
            .bound
            .map_or(WhenFull::Block, |(_, when_full)| when_full)
    }

    /// Hands a task to the workers, or returns it with the reason; never waits. The bound of the backlog does not
    /// apply to tasks that are `exempt`.
    pub(super) fn push(
        self: &Arc<Self>,
        job: Arc<dyn Job>,
        exempt: bool,
    ) -> Result<(), (Refusal, Arc<dyn Job>)> {
        match self.state.try_push(job) {
            Ok(()) => Ok(()),
            Err(job) => self.push_past_inbox(job, exempt),
        }
    }

    /// The same for a task that has found the inbox closed.
    pub(super) fn push_past_inbox(
        self: &Arc<Self>,
        job: Arc<dyn Job>,
        exempt: bool,
    ) -> Result<(), (Refusal, Arc<dyn Job>)> {
        let (help, job) = {
            let mut wakes = WakeList::new();
            let mut state = self.state.lock();
            let refusal = match state.refusal() {
                None if exempt || state.backlog.len() < self.bound() => None,
                None => Some(Refusal::Full),
                refusal => refusal,
            };
            if let Some(refusal) = refusal {
                return Err((refusal, job));
            }
            state.backlog.push(job);
            self.note_pending(&state);
            match state.find_worker(&self.settings, &mut wakes) {
                help @ Help::Start(_) => (help, state.backlog.last().cloned()),
                // The task waits for the next free worker.
                Help::NotNeeded | Help::AtBound => return Ok(()),
            }
        };
        match (self.provide(help), job) {
            (Err(why), Some(job)) => match self.worker_missing(&why, Some(&job)) {
                true => Err((Refusal::NoThread(why), job)),
                false => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Waits until there may be room in the backlog.
    pub(super) fn wait_for_room(&self, until: &Until<'_>) -> Result<(), WaitError> {
        let waiter = Waiter::new();
        let ticket = {
            let mut state = self.state.lock();
            if !state.is_open() || state.backlog.len() < self.bound() {
                return Ok(());
            }
            state.submitters.push(&waiter)
        };
        let outcome = waiter.wait(until);
        if outcome == Outcome::Granted {
            return Ok(());
        }
        let mut state = self.state.lock();
        state.submitters.remove(ticket, &waiter);
        match outcome {
            _ if !state.is_open() || state.backlog.len() < self.bound() => Ok(()),
            Outcome::Stopped => Err(WaitError::Stopped),
            _ => Err(WaitError::TimedOut),
        }
    }

    /// Starts a worker, if one is to be started; or returns why there is none.
    pub(super) fn provide(self: &Arc<Self>, help: Help) -> Result<(), Arc<str>> {
        match help {
            Help::NotNeeded | Help::AtBound => Ok(()),
            Help::Start(number) => self.start_worker(number),
        }
    }

    #[cold]
    fn start_worker(self: &Arc<Self>, number: u64) -> Result<(), Arc<str>> {
        let (pool, work) = (Arc::clone(self), self.work);
        let thread = Thread::new(move || work(pool))
            .name(format!("{}{number}", self.settings.prefix))
            .stack_size(self.settings.stack_size);
        // It serves every submitter, and each task brings its span along.
        match trace::outside(|| thread.try_start()) {
            Ok(handle) => {
                let (_ended, last): (Vec<_>, _) = {
                    let mut state = self.state.lock();
                    state.starved = false;
                    let ended = state.handles.extract_if(.., |handle| handle.is_finished());
                    let ended = ended.collect();
                    state.handles.push(handle);
                    state.starting -= 1;
                    (ended, state.is_gone())
                };
                if last {
                    self.gone.open();
                }
                // They are not joined: their thread-local destructors may run for long, wait for what the
                // caller holds, or be what calls this.
                Ok(())
            }
            Err(error) => Err(error.to_string().into()),
        }
    }

    /// The start of a worker has failed. If there is another worker, that does no harm. If there is none, this
    /// takes the task out, ends all others that relied on a worker, and says so.
    pub(super) fn worker_missing(&self, why: &Arc<str>, job: Option<&Arc<dyn Job>>) -> bool {
        let orphans = {
            let mut wakes = WakeList::new();
            let mut state = self.state.lock();
            state.starting -= 1;
            state.seeking -= 1;
            state.starved = true;
            let last = state.leave();
            if state.alive > 0 {
                state.call_substitute(&mut wakes);
                return false;
            }
            let _own = job.and_then(|job| state.backlog.remove(&**job));
            let orphans = state.backlog.take();
            self.note_pending(&state);
            // No worker is left to make room for them.
            state.call_all(&mut wakes);
            state.call_idlers(&mut wakes);
            if last {
                drop(state);
                self.gone.open();
            }
            orphans
        };
        for job in orphans {
            job.end(Some(Arc::clone(why)), self);
        }
        true
    }

    /// Opens the gate of the pool's end, if no task will be run any more.
    pub(super) fn note_gone(&self) {
        if self.state.lock().is_gone() {
            self.gone.open();
        }
    }

    pub(super) fn note_pending(&self, state: &State) {
        self.state.note_pending(state.backlog.len());
    }

    /// The running task of that key can be stopped there.
    pub(super) fn announce(&self, key: usize, source: &StopSource, link: Option<Registration>) {
        let stopping = {
            let mut state = self.state.lock();
            state.sources.insert(key, (source.clone(), link));
            state.stopping
        };
        if stopping {
            source.stop();
        }
    }

    /// The task of that key has ended.
    pub(super) fn retract(&self, key: usize) {
        let source = self.state.lock().sources.remove(key);
        if let Some((_, link)) = source {
            withdraw(link);
        }
    }

    /// Refuses further tasks. Those in the backlog will be run, and those that wait for another task; those that wait
    /// for a time are cancelled.
    pub(super) fn close(&self) {
        let (last, timed) = {
            let mut wakes = WakeList::new();
            let mut state = self.state.lock();
            if state.is_open() {
                state.phase = Phase::ShutDown;
            }
            let timed = state.later.take(true);
            state.call_all(&mut wakes);
            state.call_idlers(&mut wakes);
            (state.is_gone(), timed)
        };
        if last {
            self.gone.open();
        }
        cancel_all(timed, self);
    }

    /// Refuses further tasks, takes out those that have not begun, and stops those that run.
    ///
    /// Those that wait for another task are cancelled: they cannot run without it.
    pub(super) fn close_now(&self) -> Vec<Arc<dyn Job>> {
        let (unrun, later, sources) = {
            let mut state = self.state.lock();
            if state.is_open() {
                state.phase = Phase::ShutDown;
            }
            state.stopping = true;
            let unrun = state.backlog.take();
            self.note_pending(&state);
            let sources = core::mem::replace(&mut state.sources, Table::new());
            (unrun, state.later.take(false), sources)
        };
        cancel_all(later, self);
        self.close();
        for (source, link) in sources.into_values() {
            source.stop();
            withdraw(link);
        }
        unrun
    }

    /// The initializer has panicked: no task will be run any more, and each ends for that reason.
    pub(super) fn break_down(&self, caught: &Caught) {
        let name = &self.settings.name;
        let why: Arc<str> = format!("the initializer of pool `{name}` {caught}").into();
        let (unrun, later) = {
            let mut wakes = WakeList::new();
            let mut state = self.state.lock();
            if !matches!(state.phase, Phase::Broken(_)) {
                state.phase = Phase::Broken(Arc::clone(&why));
            }
            let unrun = state.backlog.take();
            self.note_pending(&state);
            let later = state.later.take(false);
            state.call_idlers(&mut wakes);
            (unrun, later)
        };
        self.close();
        let unrun = unrun.iter().chain(later.iter().map(|(job, _)| job));
        for job in unrun {
            job.end(Some(Arc::clone(&why)), self);
        }
        cancel_all(later, self);
    }

    /// The worker that calls this runs the initializer, and does not look for a task before it has ended.
    pub(super) fn initialize(&self) {
        self.state.lock().seeking -= 1;
    }

    /// The worker that calls this leaves before its first task.
    pub(super) fn give_up(&self) {
        let last = {
            let mut wakes = WakeList::new();
            let mut state = self.state.lock();
            let last = state.leave();
            state.call_idlers(&mut wakes);
            last
        };
        if last {
            self.gone.open();
        }
    }

    /// Waits until no worker is left.
    pub(super) fn wait_until_gone(&self, until: &Until<'_>) -> Result<(), WaitError> {
        self.gone.wait(until)
    }

    /// Waits until the threads of all workers have destroyed their thread-locals, but for the current one,
    /// which may be the thread of a worker that does so.
    pub(super) fn join_workers(&self) {
        let handles = core::mem::take(&mut self.state.lock().handles);
        for worker in handles {
            if !identity::runs_here(worker.thread().identity().id()) {
                // It caught the panics of its tasks, and has nothing to say.
                let _ = worker.join();
            }
        }
    }

    /// The workers that a shutdown waits for, in words.
    pub(super) fn describe_busy(&self) -> String {
        let workers: Vec<_> = {
            let state = self.state.lock();
            state
                .handles
                .iter()
                .map(|worker| worker.thread().clone())
                .collect()
        };
        let busy: Vec<_> = workers
            .iter()
            .filter(|worker| worker.is_alive())
            .map(ThreadRef::describe)
            .collect();
        match (busy.is_empty(), self.state.lock().later.follow()) {
            (true, 1..) => "what a task waits for that follows another".to_owned(),
            _ => inspect::joined(&busy, ", "),
        }
    }

    /// How many workers there are, how many of them are idle, and how many tasks have not begun.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let state = self.state.lock();
        let pending = state.backlog.len() + state.later.len();
        (state.alive, state.idle.len(), pending)
    }
}

impl PoolOfJob for Shared {
    fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    fn forget(&self, job: &dyn Job) {
        let (_forgotten, later, last) = {
            let mut wakes = WakeList::new();
            let mut state = self.state.lock();
            let forgotten = state.backlog.remove(job);
            let later = state.later.remove(job);
            self.note_pending(&state);
            state.call_submitter(self.bound(), &mut wakes);
            state.call_idlers(&mut wakes);
            (forgotten, later, state.is_gone())
        };
        if last {
            self.gone.open();
        }
        if let Some((_, Wait::Time(Some(timer)))) = later {
            timer.cancel();
        }
    }
}

/// Takes back the link through which the thread stops a task.
///
/// Does not wait for a stop that comes through it at this moment. That runs the callbacks of the task, which may wait
/// for what the caller is to do next, and the stop of a task that has ended changes nothing.
fn withdraw(link: Option<Registration>) {
    if let Some(link) = link {
        link.withdraw();
    }
}

impl Shared {
    /// Says that the pool may start no more workers, if tasks of it have not begun. Does not wait.
    pub(super) fn tell_if_full(&self) -> Option<String> {
        let Settings {
            name, max_threads, ..
        } = &*self.settings;
        let is_full = self.state.try_lock()?.alive >= *max_threads;
        let pending = self.state.seen_pending();
        (is_full && pending > 0).then(|| {
            format!(
                "pool `{name}` is at its bound of {max_threads} threads (`max_threads`), and {pending} of its tasks \
                 cannot begin: let fewer tasks wait at once, or raise `ThreadPoolBuilder::max_threads`"
            )
        })
    }
}

/// A wait for the end of a pool goes on until all of its workers have ended.
impl EndedBy for Shared {
    fn enders(&self) -> Enders {
        match self.state.try_lock() {
            Some(state) if state.starting > 0 => Enders::Over,
            Some(state) => {
                let alive = state.handles.iter().filter(|worker| !worker.is_finished());
                Enders::tasks(alive.map(|worker| worker.thread().identity().id()))
            }
            None => Enders::Over,
        }
    }
}

impl Dismiss for Shared {
    fn dismiss(&self) {
        let mut wakes = WakeList::new();
        let mut state = self.state.lock();
        state.dismissed = true;
        state.call_all_idle(&mut wakes);
    }
}
