//! What a pool, its workers and its tasks share, and the steps that they take on it.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use super::job::Job;
use super::settings::{Settings, WhenFull};
use super::state::{Help, Phase, State};
use super::submit_error::Reason;
use super::worker;
use super::worker_context;
use crate::backend::{Backoff, CachePadded, SpinMutex};
use crate::inspect;
use crate::table::Table;
use crate::threads::{Caught, Dismiss, Thread, ThreadRef, at_end};
use crate::trace;
use crate::wait::{Gate, Outcome, Registration, StopSource, Until, WaitError, Waiter};

/// The shared half of a pool.
///
/// # Invariant
///
/// `gone` opens once no task is taken in any more and no worker is left, which then stays so.
/// `pending` mirrors the length of the backlog: written under the lock, read without it by workers that
/// have a little patience left before they sleep.
pub(super) struct Shared {
    pub(super) settings: CachePadded<Settings>,
    state: CachePadded<SpinMutex<State>>,
    pending: AtomicUsize,
    gone: Gate,
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Arc<Self> {
        crate::threads::note_places();
        let shared = Arc::new(Self {
            settings: CachePadded::new(settings),
            state: CachePadded::new(SpinMutex::new(State::new())),
            pending: AtomicUsize::new(0),
            gone: Gate::new(),
        });
        let pool: Weak<Self> = Arc::downgrade(&shared);
        at_end(pool);
        shared
    }

    fn bound(&self) -> usize {
        self.settings.bound.map_or(usize::MAX, |(bound, _)| bound)
    }

    /// Hands a task to the workers, or gives it back with the reason; never waits.
    ///
    /// What a worker submits to its own pool is taken in however full the backlog is, because it is
    /// the workers that make room; so is what is `exempt`.
    pub(super) fn push(
        self: &Arc<Self>,
        job: Arc<dyn Job>,
        exempt: bool,
    ) -> Result<(), (Reason, Arc<dyn Job>)> {
        let exempt = exempt || self.settings.bound.is_none() || worker_context::at(self).is_some();
        let (place, help) = {
            let mut state = self.state.lock();
            let refusal = match &state.phase {
                Phase::Open if exempt || state.backlog.len() < self.bound() => None,
                Phase::Open => Some(Reason::Full),
                Phase::ShutDown => Some(Reason::ShutDown),
                Phase::Broken(why) => Some(Reason::Broken(Arc::clone(why))),
            };
            if let Some(reason) = refusal {
                drop(state);
                return Err((reason, job));
            }
            let place = state.backlog.push(job);
            self.note_pending(&state);
            (place, state.recruit(self.settings.size))
        };
        self.provide(help, Some(place))
    }

    /// Hands a task to the workers, or says why not; as long as `until` for room in the backlog, or with
    /// `None` not doing anything about it.
    pub(super) fn hand_in(
        self: &Arc<Self>,
        job: Arc<dyn Job>,
        until: Option<&Until<'_>>,
    ) -> Result<(), Reason> {
        let mut job = job;
        let mut expired = None;
        loop {
            let reason = match self.push(job, false) {
                Ok(()) => return Ok(()),
                Err((reason, back)) => {
                    job = back;
                    reason
                }
            };
            let Some(until) = until.filter(|_| reason == Reason::Full) else {
                return Err(reason);
            };
            match self.when_full() {
                WhenFull::Refuse => return Err(reason),
                WhenFull::RunInCaller => {
                    worker::run_inline(&job);
                    return Ok(());
                }
                WhenFull::Block => {}
            }
            if let Some(error) = expired {
                return Err(Reason::Waited(error));
            }
            // Even when the time is up it is tried once more.
            expired = self.wait_for_room(until).err();
        }
    }

    /// Waits until there may be room in the backlog.
    fn wait_for_room(&self, until: &Until<'_>) -> Result<(), WaitError> {
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

    /// What to do with a task that finds the backlog full.
    fn when_full(&self) -> WhenFull {
        self.settings
            .bound
            .map_or(WhenFull::Block, |(_, when_full)| when_full)
    }

    /// Wakes or starts who is to help with the task at that place, and gives it back if nobody is to
    /// be had.
    fn provide(
        self: &Arc<Self>,
        help: Help,
        place: Option<u64>,
    ) -> Result<(), (Reason, Arc<dyn Job>)> {
        match help {
            Help::NotNeeded => Ok(()),
            Help::Wake(waiter) => {
                waiter.wake();
                Ok(())
            }
            Help::Start(number) => self.start_worker(number, place),
        }
    }

    #[cold]
    fn start_worker(
        self: &Arc<Self>,
        number: u64,
        place: Option<u64>,
    ) -> Result<(), (Reason, Arc<dyn Job>)> {
        let pool = Arc::clone(self);
        let thread = Thread::new(move || worker::work(pool))
            .name(format!("{}{number}", self.settings.prefix))
            .stack_size(self.settings.stack_size);
        // It serves whoever submits, and each task brings its span along.
        match trace::outside(|| thread.try_start()) {
            Ok(handle) => {
                let ended: Vec<_> = {
                    let mut state = self.state.lock();
                    let ended = state.handles.extract_if(.., |handle| handle.is_finished());
                    let ended = ended.collect();
                    state.handles.push(handle);
                    ended
                };
                for worker in ended {
                    // It caught the panics of its tasks, and has nothing to say.
                    let _ = worker.join();
                }
                Ok(())
            }
            Err(error) => {
                let why: Arc<str> = error.to_string().into();
                match self.worker_missing(&why, place) {
                    Some(job) => Err((Reason::NoThread(why), job)),
                    None => Ok(()),
                }
            }
        }
    }

    /// A worker that was counted on did not come to be. Fine if there is another; if not, returns the
    /// task at that place, and ends all others that relied on it.
    fn worker_missing(&self, why: &Arc<str>, place: Option<u64>) -> Option<Arc<dyn Job>> {
        let (job, orphans, submitters, last) = {
            let mut state = self.state.lock();
            state.seeking -= 1;
            let last = state.leave();
            if state.alive > 0 {
                let substitute = state.call_substitute();
                drop(state);
                if let Some(substitute) = substitute {
                    substitute.wake();
                }
                return None;
            }
            let job = place.and_then(|place| state.backlog.remove(place));
            let orphans = state.backlog.take();
            self.note_pending(&state);
            // Nobody is left to make room for them.
            (job, orphans, state.call_all(), last)
        };
        for submitter in submitters {
            submitter.wake();
        }
        for job in orphans {
            job.end(Some(Arc::clone(why)));
        }
        if last {
            self.gone.open();
        }
        job
    }

    /// The next task for the worker that asks, which waits for one if need be; `None` if it is to
    /// leave, and then it counts no more.
    ///
    /// `seeking` says whether the worker is counted among those on their way.
    pub(super) fn next_job(&self, seeking: &mut bool) -> Option<Arc<dyn Job>> {
        let size = self.settings.size;
        let mut backoff = Some(Backoff::new());
        let last = loop {
            let mut state = self.state.lock();
            if core::mem::take(seeking) {
                state.seeking -= 1;
            }
            if state.has_surplus(size) {
                let last = state.leave();
                // A task that has come since this worker was called relies on it.
                let substitute = state.call_substitute();
                drop(state);
                if let Some(substitute) = substitute {
                    substitute.wake();
                }
                break last;
            }
            if let Some(job) = state.backlog.pop() {
                self.note_pending(&state);
                let submitter = state.call_submitter(self.bound());
                drop(state);
                if let Some(submitter) = submitter {
                    submitter.wake();
                }
                return Some(job);
            }
            if !state.is_open() || state.dismissed {
                break state.leave();
            }
            if backoff.is_some() {
                // Still on its way, as long as it looks: nobody needs to wake it.
                state.seeking += 1;
                *seeking = true;
                drop(state);
                self.linger(backoff.take());
                continue;
            }
            let waiter = Waiter::new();
            state.idle.push(Arc::clone(&waiter));
            drop(state);
            let until = self
                .settings
                .keep_alive
                .map_or(Until::FOREVER, Until::after);
            let outcome = {
                let _waiting = inspect::waiting("the next task");
                // It has had its patience.
                waiter.sleep(&until)
            };
            if outcome != Outcome::Granted {
                let mut state = self.state.lock();
                let place = state
                    .idle
                    .iter()
                    .position(|idle| Arc::ptr_eq(idle, &waiter));
                if let Some(place) = place {
                    state.idle.remove(place);
                    break state.leave();
                }
                // Called just as the time was up: it counts as seeking, and finds out what for.
            }
            *seeking = true;
        };
        if last {
            self.gone.open();
        }
        None
    }

    /// Looks for a task until the backoff is used up.
    fn linger(&self, backoff: Option<Backoff>) {
        let Some(mut backoff) = backoff else {
            return;
        };
        // Relaxed: who sees a task goes and looks under the lock.
        while self.pending.load(Ordering::Relaxed) == 0 && backoff.snooze() {}
    }

    fn note_pending(&self, state: &State) {
        self.pending.store(state.backlog.len(), Ordering::Relaxed);
    }

    /// A task that was claimed elsewhere leaves the backlog.
    pub(super) fn forget(&self, job: &dyn Job) {
        let (forgotten, submitter) = {
            let mut state = self.state.lock();
            let forgotten = state.backlog.remove(job.head().place());
            self.note_pending(&state);
            (forgotten, state.call_submitter(self.bound()))
        };
        drop(forgotten);
        if let Some(submitter) = submitter {
            submitter.wake();
        }
    }

    /// The running task of that key can be stopped there.
    pub(super) fn announce(&self, key: usize, source: &StopSource, link: Registration) {
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
        drop(source);
    }

    /// The worker that calls this waits inside a task for another one, until this is dropped: its
    /// place is free for somebody who runs tasks meanwhile.
    pub(super) fn lend_place(self: &Arc<Self>) -> Lent {
        let help = {
            let mut state = self.state.lock();
            state.lent += 1;
            state.recruit(self.settings.size)
        };
        // If no thread is to be had, the wait is as good as it can be without one.
        let _ = self.provide(help, None);
        Lent {
            pool: Arc::clone(self),
        }
    }

    /// Takes no more tasks in; what is in will be run.
    pub(super) fn close(&self) {
        let (called, last) = {
            let mut state = self.state.lock();
            if state.is_open() {
                state.phase = Phase::ShutDown;
            }
            (state.call_all(), state.alive == 0)
        };
        for waiter in called {
            waiter.wake();
        }
        if last {
            self.gone.open();
        }
    }

    /// Takes no more tasks in, takes out those that have not begun, and stops those that run.
    pub(super) fn close_now(&self) -> Vec<Arc<dyn Job>> {
        let (unrun, sources) = {
            let mut state = self.state.lock();
            if state.is_open() {
                state.phase = Phase::ShutDown;
            }
            state.stopping = true;
            let unrun = state.backlog.take();
            self.note_pending(&state);
            (unrun, core::mem::replace(&mut state.sources, Table::new()))
        };
        self.close();
        for (_, (source, _)) in sources.iter() {
            source.stop();
        }
        unrun
    }

    /// The initialiser has panicked: no task will be run any more, and each is told why.
    pub(super) fn break_down(&self, caught: &Caught) {
        let name = &self.settings.name;
        let why: Arc<str> = format!("the initializer of pool `{name}` {caught}").into();
        let unrun = {
            let mut state = self.state.lock();
            if !matches!(state.phase, Phase::Broken(_)) {
                state.phase = Phase::Broken(Arc::clone(&why));
            }
            let unrun = state.backlog.take();
            self.note_pending(&state);
            unrun
        };
        self.close();
        for job in unrun {
            job.end(Some(Arc::clone(&why)));
        }
    }

    /// The worker that calls this leaves before its first task.
    pub(super) fn give_up(&self) {
        let last = {
            let mut state = self.state.lock();
            state.seeking -= 1;
            state.leave()
        };
        if last {
            self.gone.open();
        }
    }

    /// Waits until no worker is left.
    pub(super) fn wait_until_gone(&self, until: &Until<'_>) -> Result<(), WaitError> {
        self.gone.wait(until)?;
        let handles = core::mem::take(&mut self.state.lock().handles);
        for worker in handles {
            // It caught the panics of its tasks, and has nothing to say.
            let _ = worker.join();
        }
        Ok(())
    }

    /// Who is awaited by a shutdown, in words.
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
        busy.join(", ")
    }

    /// How many workers there are, how many of them are idle, and how many tasks have not begun.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let state = self.state.lock();
        (state.alive, state.idle.len(), state.backlog.len())
    }
}

impl Dismiss for Shared {
    fn dismiss(&self) {
        let called = {
            let mut state = self.state.lock();
            state.dismissed = true;
            state.call_all_idle()
        };
        for worker in called {
            worker.wake();
        }
    }
}

/// See [`Shared::lend_place`].
pub(super) struct Lent {
    pool: Arc<Shared>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        let surplus = {
            let mut state = self.pool.state.lock();
            state.lent -= 1;
            if state.has_surplus(self.pool.settings.size) {
                state.call_idle().flatten()
            } else {
                None
            }
        };
        if let Some(surplus) = surplus {
            surplus.wake();
        }
    }
}

/// Numbers the pools that nobody has named.
pub(super) fn default_name() -> String {
    static UNNAMED: AtomicU64 = AtomicU64::new(1);
    format!("pool-{}", UNNAMED.fetch_add(1, Ordering::Relaxed))
}
