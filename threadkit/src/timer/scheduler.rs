//! The thread that keeps to the agenda.

use core::num::NonZeroU64;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use super::agenda::Agenda;
use super::job::{Job, Ran};
use crate::backend::{self, Instant, Mutex, QuietMutex};
use crate::identity::TestRun;
use crate::inspect;
use crate::threads::{self, Thread};
use crate::trace;
use crate::wait::{IntoUntil, Outcome, Until, Waiter};

/// An agenda, and the thread that keeps to it while there is something on it.
///
/// # Invariant
///
/// Whoever adds an entry makes sure, under the lock of the agenda, that a thread will see it: `kept`
/// says that there is one, which looks at the agenda under the lock before it sleeps or ends. It
/// leaves itself as `sleeper` before it sleeps; who adds the first entry takes the sleeper and wakes it.
pub(super) struct Scheduler {
    agenda: Mutex<Agenda>,
    /// The task that keeps to the agenda, or did so last. Each writes its own id, which no other will
    /// ever have, before it does anything else; so a task that reads its own is the keeper.
    keeper: AtomicU64,
}

/// The scheduler of the process.
static FREE: Scheduler = Scheduler::new();

/// Those of runs of explorations, for as long as their threads live.
static EXPLORED: QuietMutex<Vec<(NonZeroU64, Arc<Scheduler>)>> = QuietMutex::new(Vec::new());

/// The scheduler of whoever asks.
#[derive(Clone)]
pub(super) enum SchedulerHandle {
    Free,
    Explored(NonZeroU64, Arc<Scheduler>),
}

impl SchedulerHandle {
    pub(super) fn here() -> Self {
        match backend::run_number() {
            None => Self::Free,
            Some(run) => {
                let mut all = EXPLORED.lock();
                let known = all.iter().find(|(of, _)| *of == run);
                let scheduler = match known {
                    Some((_, scheduler)) => Arc::clone(scheduler),
                    None => {
                        let scheduler = Arc::new(Scheduler::new());
                        all.push((run, Arc::clone(&scheduler)));
                        scheduler
                    }
                };
                Self::Explored(run, scheduler)
            }
        }
    }

    fn scheduler(&self) -> &Scheduler {
        match self {
            Self::Free => &FREE,
            Self::Explored(_, scheduler) => scheduler,
        }
    }

    /// Puts a job on the agenda.
    ///
    /// # Panics
    ///
    /// If there is no thread yet and the system refuses to start one; the job is then off the agenda.
    #[track_caller]
    pub(super) fn schedule(&self, due: Instant, job: Arc<dyn Job>) {
        let (start, sleeper) = {
            let mut agenda = self.scheduler().agenda.lock();
            let first = agenda.add(due, Arc::clone(&job));
            let start = !core::mem::replace(&mut agenda.kept, true);
            (start, agenda.sleeper.take_if(|_| first))
        };
        if let Some(sleeper) = sleeper.filter(|sleeper| sleeper.decide(Outcome::Granted)) {
            sleeper.wake();
        }
        if start {
            self.start(&job);
        }
    }

    /// Notes that a job on the agenda was cancelled.
    pub(super) fn note_cancelled(&self) {
        self.scheduler().agenda.lock().note_cancelled();
    }

    /// Whether the current thread is the one that runs these timers.
    pub(super) fn is_kept_here(&self) -> bool {
        self.scheduler().keeper.load(Ordering::Relaxed) == backend::task_id().get()
    }

    #[track_caller]
    fn start(&self, job: &Arc<dyn Job>) {
        let keep = {
            let which = self.clone();
            move || which.keep()
        };
        // The thread belongs to nobody: it outlives the test body that happens to have the first
        // timer. What a timer does belongs to whoever made the timer.
        let test_run = TestRun::current();
        TestRun::NONE.make_current();
        let thread = Thread::new(keep).name("threadkit-timer").daemon(true);
        let started = trace::outside(|| thread.try_start());
        test_run.make_current();
        if let Err(error) = started {
            self.scheduler().agenda.lock().kept = false;
            job.cancel();
            panic!("{error}");
        }
    }

    /// What the thread does.
    fn keep(self) {
        let stop = threads::stop_token();
        let scheduler = self.scheduler();
        scheduler
            .keeper
            .store(backend::task_id().get(), Ordering::Relaxed);
        loop {
            let (first, waiter) = {
                let mut agenda = scheduler.agenda.lock();
                let first = agenda.first_due();
                // An exploration waits for all threads to end, so that of a run may not sleep
                // without a reason. A stop comes at the end of `main`.
                if stop.is_stopped() || (first.is_none() && matches!(self, Self::Explored(..))) {
                    agenda.kept = false;
                    break;
                }
                if first.is_some_and(|due| due <= backend::now()) {
                    let next = agenda.pop();
                    drop(agenda);
                    if let Some((due, job)) = next {
                        self.run(due, job);
                    }
                    continue;
                }
                let waiter = Waiter::new();
                agenda.sleeper = Some(Arc::clone(&waiter));
                (first, waiter)
            };
            let _waiting = inspect::waiting("the next timer");
            let until: Until<'_> = match first {
                Some(due) => (due, &stop).into_until(),
                None => (&stop).into_until(),
            };
            // However it ends, the agenda is looked at again. Without patience: what it waits for is
            // mostly far away, and who schedules a nearer one pays for waking it once.
            waiter.sleep(&until);
        }
        if let Self::Explored(run, _) = self {
            EXPLORED.lock().retain(|(of, _)| *of != run);
        }
    }

    fn run(&self, due: Instant, job: Arc<dyn Job>) {
        match job.run(due) {
            Ran::Again(next) => {
                self.scheduler().agenda.lock().add(next, job);
            }
            Ran::Not => self.scheduler().agenda.lock().note_gone(),
            Ran::Last | Ran::Eternally => {}
        }
    }
}

impl Scheduler {
    const fn new() -> Self {
        Self {
            agenda: Mutex::new(Agenda::new()),
            keeper: AtomicU64::new(0),
        }
    }
}
