//! The thread that runs the timers.

use core::mem;
use core::num::NonZeroU64;
use core::ops::Deref;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Weak};

use super::agenda::Agenda;
use super::job::{Job, Ran};
use crate::backend::{self, Instant, QuietMutex, SpinMutex, TaskId};
use crate::identity::{self, TestRun};
use crate::inspect::{self, Operation};
use crate::threads::{self, Dismiss, Thread};
use crate::trace;
use crate::wait::{Gate, IntoUntil, Outcome, Until, Waiter};

/// The timers that are pending, and the thread that runs them.
///
/// # Invariant
///
/// While an entry is on the agenda, there is a thread that will look at the agenda again, or a call
/// of [`schedule`](Self::schedule) that has not returned and will start one. The thread leaves only when
/// it finds the agenda empty; it says so under the same lock, so an entry is added before that look or
/// its caller sees that the thread is gone. A stop of the thread does not change this.
///
/// Before it sleeps, the thread leaves itself as `sleeper`. A caller that adds the first entry takes the
/// sleeper and wakes it.
pub(super) struct Scheduler {
    /// Held for a few instructions by nearly every call; for longer only when the agenda gets other memory, or drops
    /// the entries of cancelled timers, which is rare and takes little time for each of them.
    state: SpinMutex<State>,
    /// The task that runs the timers, or did so last. Each writes its own id before it does anything
    /// else, and no id is given out twice; so a task that reads its own id runs the timers.
    runner: AtomicU64,
    /// Whether it serves one run of an exploration, and not the process.
    is_explored: bool,
}

struct State {
    agenda: Agenda,
    thread: TimerThread,
    /// The thread, if it sleeps until the first entry is due.
    sleeper: Option<Arc<Waiter>>,
    /// How often all that was pending has been cancelled.
    cancelled: u64,
}

enum TimerThread {
    None,
    /// The gate opens when the thread runs or its start has failed.
    Starting(Arc<Gate>),
    Running,
}

/// What a caller has to do about the thread after it has added an entry.
enum Start {
    NotNeeded,
    Needed,
    /// Another caller starts it.
    UnderWay(Arc<Gate>),
}

/// The scheduler of the process.
static SHARED: LazyLock<Arc<Scheduler>> = LazyLock::new(|| {
    let scheduler = Arc::new(Scheduler::new(false));
    let listener: Weak<Scheduler> = Arc::downgrade(&scheduler);
    threads::at_end(listener);
    scheduler
});

/// The schedulers of runs of explorations, which their threads keep alive.
static EXPLORED: QuietMutex<Vec<(NonZeroU64, Weak<Scheduler>)>> = QuietMutex::new(Vec::new());

/// The scheduler of the current thread. Handles do not keep it: while it has something to do, its thread does.
pub(super) enum Whose {
    /// That of the process, which needs no count of its owners.
    Process,
    Run(Arc<Scheduler>),
}

impl Whose {
    /// The scheduler of the process, or of the run of an exploration that the current thread is in.
    pub(super) fn current() -> Self {
        backend::run_number().map_or(Self::Process, |run| Self::Run(Scheduler::of_run(run)))
    }
}

impl Deref for Whose {
    type Target = Arc<Scheduler>;

    fn deref(&self) -> &Arc<Scheduler> {
        match self {
            Self::Process => &SHARED,
            Self::Run(scheduler) => scheduler,
        }
    }
}

impl Scheduler {
    fn new(is_explored: bool) -> Self {
        Self {
            state: SpinMutex::new(State {
                agenda: Agenda::new(),
                thread: TimerThread::None,
                sleeper: None,
                cancelled: 0,
            }),
            runner: AtomicU64::new(0),
            is_explored,
        }
    }

    /// The scheduler of that run of an exploration.
    fn of_run(run: NonZeroU64) -> Arc<Self> {
        let mut all = EXPLORED.lock();
        let known = all.iter().find(|(of, _)| *of == run);
        if let Some(scheduler) = known.and_then(|(_, scheduler)| scheduler.upgrade()) {
            return scheduler;
        }
        let scheduler = Arc::new(Self::new(true));
        all.retain(|(_, scheduler)| scheduler.strong_count() > 0);
        all.push((run, Arc::downgrade(&scheduler)));
        scheduler
    }

    /// Puts a job on the agenda.
    ///
    /// # Panics
    ///
    /// If there is no thread and the system refuses to start one; the job is cancelled then.
    #[track_caller]
    pub(super) fn schedule(self: &Arc<Self>, due: Instant, job: &Arc<dyn Job>) {
        let on_agenda = Arc::clone(job);
        let mut state = self.state.lock();
        let first = state.agenda.add(due, on_agenda);
        if !first && matches!(state.thread, TimerThread::Running) {
            return;
        }
        let (sleeper, start) = (state.sleeper.take_if(|_| first), state.start());
        drop(state);
        wake(sleeper);
        self.have_thread(start, job);
    }

    /// Returns when there is a thread that looks at the agenda.
    #[cold]
    #[track_caller]
    fn have_thread(self: &Arc<Self>, mut start: Start, job: &Arc<dyn Job>) {
        loop {
            match start {
                Start::NotNeeded => return,
                Start::Needed => return self.start_thread(job),
                // Without a limit it cannot end in any other way.
                Start::UnderWay(gate) => _ = gate.wait(&Until::FOREVER),
            }
            // That start may have failed. Its caller has got the error, but this one has not.
            let mut state = self.state.lock();
            if job.is_over() {
                return;
            }
            start = state.start();
        }
    }

    /// Keeps a job that is never due where the end of `main` finds it. Needs no thread.
    pub(super) fn keep_endless(&self, job: &Arc<dyn Job>) {
        self.state.lock().agenda.add_endless(job);
    }

    /// Notes that a job on the agenda was cancelled.
    pub(super) fn note_cancelled(&self) {
        self.state.lock().agenda.note_cancelled();
    }

    /// Whether these timers run on the current thread, so that none runs before the current task ends.
    pub(super) fn runs_here(&self) -> bool {
        // Relaxed: a task that runs here has written it itself.
        TaskId::new(self.runner.load(Ordering::Relaxed)).is_some_and(identity::runs_here)
    }

    #[track_caller]
    fn start_thread(self: &Arc<Self>, job: &Arc<dyn Job>) {
        let serve = {
            let scheduler = Arc::clone(self);
            move || scheduler.serve()
        };
        // The thread outlives the test body that makes the first timer, and so is no member of it. What a
        // timer runs belongs to the test body that made the timer.
        let test_run = TestRun::current();
        TestRun::NONE.make_current();
        let thread = Thread::new(serve).name("threadkit-timer").daemon(true);
        let started = trace::outside(|| thread.try_start());
        test_run.make_current();
        if let Err(error) = started {
            self.set_thread(TimerThread::None);
            job.cancel();
            self.note_cancelled();
            panic!("{error}");
        }
    }

    /// Says how the start of the thread has ended.
    fn set_thread(&self, thread: TimerThread) {
        let before = core::mem::replace(&mut self.state.lock().thread, thread);
        if let TimerThread::Starting(gate) = before {
            gate.open();
        }
    }

    /// The body of the thread.
    fn serve(&self) {
        let stop = threads::stop_token();
        self.runner
            .store(backend::task_id().get(), Ordering::Relaxed);
        self.set_thread(TimerThread::Running);
        loop {
            let (first, waiter) = {
                let mut state = self.state.lock();
                let first = state.agenda.first_due();
                // An exploration waits for all threads of a run to end, so a thread of a run does not
                // wait for timers that may never be made.
                if first.is_none() && (self.is_explored || stop.is_stopped()) {
                    state.thread = TimerThread::None;
                    return;
                }
                if first.is_some_and(|due| due <= backend::now()) {
                    let (next, cancelled) = (state.agenda.pop(), state.cancelled);
                    drop(state);
                    if let Some((due, job)) = next {
                        self.run(due, job, cancelled);
                    }
                    continue;
                }
                let waiter = Waiter::new();
                state.sleeper = Some(Arc::clone(&waiter));
                (first, waiter)
            };
            let _waiting = inspect::waiting(Operation::NEXT_TIMER);
            let until: Until<'_> = match first {
                Some(due) => due.into_until(),
                None => (&stop).into_until(),
            };
            // The thread looks at the agenda again, however the wait ends. It does not spin first, because the next
            // timer is mostly far away.
            waiter.sleep(&until);
        }
    }

    fn run(&self, due: Instant, job: Arc<dyn Job>, cancelled: u64) {
        match job.run(due) {
            Ran::Again(next) => {
                let mut state = self.state.lock();
                if state.cancelled == cancelled {
                    match next {
                        Some(next) => _ = state.agenda.add(next, job),
                        None => state.agenda.add_endless(&job),
                    }
                } else {
                    drop(state);
                    job.cancel();
                }
            }
            Ran::Not => self.state.lock().agenda.note_gone(),
            Ran::Last => {}
        }
    }
}

impl Dismiss for Scheduler {
    fn cancel_pending(&self) {
        let (agenda, sleeper) = {
            let mut state = self.state.lock();
            state.cancelled += 1;
            let agenda = mem::replace(&mut state.agenda, Agenda::new());
            (agenda, state.sleeper.take())
        };
        for job in agenda.into_jobs() {
            job.cancel();
        }
        wake(sleeper);
    }
}

impl State {
    fn start(&mut self) -> Start {
        match &self.thread {
            TimerThread::Running => Start::NotNeeded,
            TimerThread::Starting(gate) => Start::UnderWay(Arc::clone(gate)),
            TimerThread::None => {
                self.thread = TimerThread::Starting(Arc::new(Gate::new()));
                Start::Needed
            }
        }
    }
}

fn wake(sleeper: Option<Arc<Waiter>>) {
    if let Some(sleeper) = sleeper.filter(|sleeper| sleeper.decide(Outcome::Granted)) {
        sleeper.wake();
    }
}
