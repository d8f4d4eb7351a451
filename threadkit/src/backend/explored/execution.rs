//! One run after the other of a program whose threads take turns.

use core::cell::{Cell, OnceCell};
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;
use std::{io, thread};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::Wake;
use super::chooser::{Candidate, Chooser};
use super::schedule::Schedule;
use crate::backend::os_builder::os_builder;

/// Whose turn it is when it is no task's.
const CONTROLLER: usize = usize::MAX;

/// How often who waits for its turn offers its core before it sleeps: the turn mostly comes soon,
/// and a wake-up by the system takes ten times as long as a run's typical step.
const OFFERS: usize = 30;

/// After so many yields in a row, during which no task fell asleep or was woken, time goes on to the next
/// deadline: a task that spins may wait for one that sleeps.
const YIELDS: usize = 100;

/// How long the controller lets a task run between two steps before it gives up on it. It looks once in that
/// time, so it may take twice as long.
const STUCK_AFTER: Duration = Duration::from_secs(10);

/// The runs that are going on.
static IN_PROGRESS: Mutex<BTreeMap<NonZeroU64, &'static Execution>> = Mutex::new(BTreeMap::new());

/// A thread that is no task of that run uses what the run has used. If the run is going on, that is noted:
/// no schedule can place such a thread, and nobody hears of what it does.
pub(super) fn note_foreign_use(run: u64, what: impl FnOnce() -> String) {
    let run = NonZeroU64::new(run);
    let execution = run.and_then(|run| IN_PROGRESS.lock().get(&run).copied());
    if let Some(execution) = execution {
        execution.foreign_uses.lock().insert(what());
    }
}

/// Counts the runs of all explorations.
static RUNS: AtomicU64 = AtomicU64::new(0);

/// Why a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// The body says that it failed.
    Failed,
    /// Nobody can go on, and not everybody has ended.
    Deadlock,
    /// More steps than allowed.
    Endless,
    /// A task has not come to its next step: it waits for something that the exploration does not
    /// see.
    Stuck,
}

enum Status {
    Ready,
    Sleeping {
        key: Option<usize>,
        deadline: Option<Instant>,
        since: u64,
    },
    Ended,
}

struct Task {
    status: Status,
    /// The tasks to which it has yielded and which have not gone on since.
    ///
    /// Each of them was ready then and has not been chosen since, so it is ready still. A task that yields
    /// has just been chosen, so no list has it: the tasks that wait for each other in this way form no
    /// circle, and one of those that are ready can always go on.
    yielded_to: Vec<usize>,
    wake: Wake,
    turn: Arc<Condvar>,
    os: Option<thread::JoinHandle<()>>,
}

struct State {
    tasks: Vec<Task>,
    /// Who runs. Everybody else waits for `turn` to become their number.
    turn: usize,
    now: Instant,
    sleeps: u64,
    /// The yields since a task has last fallen asleep or been woken.
    yields: usize,
    steps: usize,
    max_steps: usize,
    chooser: Box<dyn Chooser>,
    schedule: Schedule,
    /// Once there is some, nobody goes on any more: not even who was stuck and comes back.
    failure: Option<FailureKind>,
    /// The task that has just ended, for the controller to see off.
    ended: Option<usize>,
}

/// A program under exploration, run after run.
///
/// # Invariant
///
/// The thread whose number is `turn` runs, and it alone changes `state` in more than its own
/// waiting: so the program is sequential, and `state` says all about it. `turn` is mirrored in
/// `turn_hint`, at which those who wait look before they sleep.
pub(crate) struct Execution {
    state: Mutex<State>,
    /// Which run of all explorations this is; changed between runs only.
    run: AtomicU64,
    /// What more than one run has used.
    kept: Mutex<BTreeSet<String>>,
    /// What threads that are none of its tasks have used while a run used it.
    foreign_uses: Mutex<BTreeSet<String>>,
    /// The locks that its tasks have.
    held: Mutex<BTreeSet<usize>>,
    /// The readers-writer locks for which a writer waits that only readers keep out.
    writers: Mutex<BTreeSet<usize>>,
    turn_hint: AtomicUsize,
    controller: Condvar,
}

/// Lists a run as going on.
struct InProgress(NonZeroU64);

impl InProgress {
    fn new(execution: &'static Execution) -> Self {
        let run = execution.run_number();
        IN_PROGRESS.lock().insert(run, execution);
        Self(run)
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        IN_PROGRESS.lock().remove(&self.0);
    }
}

impl Execution {
    pub(crate) fn new(chooser: Box<dyn Chooser>, max_steps: usize) -> Self {
        Self {
            run: AtomicU64::new(0),
            kept: Mutex::new(BTreeSet::new()),
            foreign_uses: Mutex::new(BTreeSet::new()),
            held: Mutex::new(BTreeSet::new()),
            writers: Mutex::new(BTreeSet::new()),
            state: Mutex::new(State {
                tasks: Vec::new(),
                turn: CONTROLLER,
                now: Instant::now(),
                sleeps: 0,
                yields: 0,
                steps: 0,
                max_steps,
                chooser,
                schedule: Schedule::default(),
                failure: None,
                ended: None,
            }),
            turn_hint: AtomicUsize::new(CONTROLLER),
            controller: Condvar::new(),
        }
    }

    /// Runs `body`, which says whether all went well, once under the next schedule; `None` if there is
    /// no schedule left.
    ///
    /// After failure the tasks that have not ended sleep for ever, and the execution is used up.
    pub(crate) fn run(
        &'static self,
        body: Arc<dyn Fn() -> bool + Send + Sync>,
    ) -> Option<Result<Schedule, (FailureKind, Schedule)>> {
        {
            let mut state = self.state.lock();
            if !state.chooser.next_run() {
                return None;
            }
            // Relaxed: only the uniqueness of the number counts, and no thread of the run has begun.
            let run = RUNS.fetch_add(1, Ordering::Relaxed);
            self.run.store(run, Ordering::Relaxed);
            state.tasks.clear();
            state.schedule.0.clear();
            state.steps = 0;
            state.yields = 0;
        }
        let _in_progress = InProgress::new(self);
        let name = thread::current().name().unwrap_or("explored").to_owned();
        let first = self.spawn(&name, None, move || {
            if !body() {
                // The others may be in the midst of something: they are left there.
                self.state.lock().failure.get_or_insert(FailureKind::Failed);
            }
        });
        let first = match first {
            Ok(first) => first,
            Err(error) => panic!("cannot start a thread to explore in: {error}"),
        };
        self.pass(self.state.lock(), first);
        loop {
            let ended = self.watch();
            let mut state = self.state.lock();
            if let Some(failure) = state.failure {
                return Some(Err((failure, core::mem::take(&mut state.schedule))));
            }
            let os = ended.and_then(|task| state.tasks[task].os.take());
            drop(state);
            if let Some(os) = os {
                // Gone altogether before the next one runs.
                let _ = os.join();
            }
            let mut state = self.state.lock();
            match self.choose(&mut state, None) {
                Some(next) => self.pass(state, next),
                None if state.failure.is_some() => {}
                None if state
                    .tasks
                    .iter()
                    .all(|task| matches!(task.status, Status::Ended)) =>
                {
                    return Some(Ok(core::mem::take(&mut state.schedule)));
                }
                None => state.failure = Some(FailureKind::Deadlock),
            }
        }
    }

    /// As the controller, waits for the turn; returns the task that has ended, if one has.
    fn watch(&self) -> Option<usize> {
        self.offer_core(CONTROLLER);
        let mut state = self.state.lock();
        let mut steps = state.steps;
        while state.turn != CONTROLLER && state.failure.is_none() {
            let late = self
                .controller
                .wait_for(&mut state, STUCK_AFTER)
                .timed_out();
            if late && state.steps == steps && state.turn != CONTROLLER {
                state.failure = Some(FailureKind::Stuck);
            }
            steps = state.steps;
        }
        state.ended.take()
    }

    fn offer_core(&self, me: usize) {
        for _ in 0..OFFERS {
            if self.turn_hint.load(Ordering::Relaxed) == me {
                return;
            }
            thread::yield_now();
        }
    }

    /// Gives the turn to `next`.
    fn pass(&self, mut state: MutexGuard<'_, State>, next: usize) {
        state.turn = next;
        self.turn_hint.store(next, Ordering::Relaxed);
        if next == CONTROLLER {
            self.controller.notify_one();
        } else {
            state.tasks[next].turn.notify_one();
        }
    }

    /// Waits until it is the turn of `me`.
    fn wait_for_turn(&self, me: usize) {
        self.offer_core(me);
        let mut state = self.state.lock();
        let turn = Arc::clone(&state.tasks[me].turn);
        while state.turn != me {
            turn.wait(&mut state);
        }
    }

    /// Says who goes on; `None` if nobody can, or nobody may any more.
    fn choose(&self, state: &mut State, current: Option<usize>) -> Option<usize> {
        if state.failure.is_some() {
            return None;
        }
        state.steps += 1;
        if state.steps > state.max_steps {
            state.failure = Some(FailureKind::Endless);
            return None;
        }
        let ready = |task: &usize| {
            let task = &state.tasks[*task];
            matches!(task.status, Status::Ready) && task.yielded_to.is_empty()
        };
        let current = current.filter(ready);
        let others = (0..state.tasks.len()).filter(|task| Some(*task) != current);
        let mut candidates: Vec<Candidate> = current
            .into_iter()
            .chain(others.clone().filter(ready))
            .map(|task| Candidate {
                task,
                by_timeout: false,
                current: Some(task) == current,
            })
            .collect();
        if candidates.is_empty() || state.yields > YIELDS {
            // Everybody sleeps, or spins: time goes on to the first deadline.
            state.yields = 0;
            let deadline_of = |task: usize| match state.tasks[task].status {
                Status::Sleeping {
                    deadline: Some(deadline),
                    since,
                    ..
                } => Some((deadline, since)),
                _ => None,
            };
            let first = (0..state.tasks.len())
                .filter_map(|task| deadline_of(task).map(|key| (key, task)))
                .min();
            match first {
                Some((_, first)) => {
                    Self::time_out(state, first);
                    return Some(first);
                }
                None if candidates.is_empty() => return None,
                None => {}
            }
        }
        let timed = |task: &usize| {
            matches!(
                state.tasks[*task].status,
                Status::Sleeping {
                    deadline: Some(_),
                    ..
                }
            )
        };
        candidates.extend(others.filter(timed).map(|task| Candidate {
            task,
            by_timeout: true,
            current: false,
        }));
        let index = match candidates.len() {
            1 => 0,
            _ => {
                let index = state.chooser.choose(&candidates);
                state.schedule.0.push(index as u32);
                index
            }
        };
        let Candidate {
            task, by_timeout, ..
        } = candidates[index];
        if by_timeout {
            Self::time_out(state, task);
        }
        for other in &mut state.tasks {
            other.yielded_to.retain(|to| *to != task);
        }
        Some(task)
    }

    /// Lets the deadline of a sleeping task pass.
    fn time_out(state: &mut State, task: usize) {
        if let Status::Sleeping {
            deadline: Some(deadline),
            ..
        } = state.tasks[task].status
        {
            state.now = state.now.max(deadline);
        }
        state.tasks[task].status = Status::Ready;
        state.tasks[task].wake = Wake::TimedOut;
    }

    pub(super) fn yield_point(&self, me: usize) {
        self.go_on(self.state.lock(), me);
    }

    pub(super) fn yield_now(&self, me: usize) {
        let mut state = self.state.lock();
        state.yields += 1;
        state.tasks[me].yielded_to = (0..state.tasks.len())
            .filter(|task| *task != me && matches!(state.tasks[*task].status, Status::Ready))
            .collect();
        self.go_on(state, me);
    }

    /// A number below `bound`, which is not zero, as the chooser has it.
    pub(super) fn pick(&self, bound: usize) -> usize {
        if bound == 1 {
            return 0;
        }
        let mut state = self.state.lock();
        let picked = state.chooser.pick(bound);
        state.schedule.0.push(picked as u32);
        picked
    }

    /// Gives the turn to whichever task is to go on, and waits until it is that of `me` again.
    fn go_on(&self, mut state: MutexGuard<'_, State>, me: usize) {
        match self.choose(&mut state, Some(me)) {
            Some(next) if next == me => {}
            Some(next) => {
                self.pass(state, next);
                self.wait_for_turn(me);
            }
            None => self.halt(state),
        }
    }

    pub(super) fn sleep(&self, me: usize, key: Option<usize>, deadline: Option<Instant>) -> Wake {
        let mut state = self.state.lock();
        state.sleeps += 1;
        state.yields = 0;
        let since = state.sleeps;
        state.tasks[me].status = Status::Sleeping {
            key,
            deadline,
            since,
        };
        match self.choose(&mut state, None) {
            Some(next) if next == me => {}
            Some(next) => {
                self.pass(state, next);
                self.wait_for_turn(me);
                state = self.state.lock();
            }
            None => {
                state.failure.get_or_insert(FailureKind::Deadlock);
                self.halt(state);
            }
        }
        state.tasks[me].wake
    }

    /// Wakes the task that has slept longest under `key`; `false` if there is none.
    pub(super) fn wake(&self, key: usize, wake: Wake) -> bool {
        let mut state = self.state.lock();
        let first = state
            .tasks
            .iter_mut()
            .filter_map(|task| match task.status {
                Status::Sleeping {
                    key: Some(under),
                    since,
                    ..
                } if under == key => Some((since, task)),
                _ => None,
            })
            .min_by_key(|(since, _)| *since);
        match first {
            Some((_, task)) => {
                task.status = Status::Ready;
                task.wake = wake;
                state.yields = 0;
                true
            }
            None => false,
        }
    }

    /// Wakes all tasks that sleep under `key`.
    pub(super) fn wake_all(&self, key: usize) {
        while self.wake(key, Wake::Woken) {}
    }

    pub(super) fn run_number(&self) -> NonZeroU64 {
        NonZeroU64::MIN.saturating_add(self.run.load(Ordering::Relaxed))
    }

    /// What threads that are no tasks have used, in words.
    pub(crate) fn foreign_uses(&self) -> Vec<String> {
        self.foreign_uses.lock().iter().cloned().collect()
    }

    pub(super) fn acquired(&self, lock: usize) {
        self.held.lock().insert(lock);
    }

    pub(super) fn released(&self, lock: usize) {
        self.held.lock().remove(&lock);
    }

    pub(super) fn holds(&self, lock: usize) -> bool {
        self.held.lock().contains(&lock)
    }

    pub(super) fn writer_waits(&self, lock: usize) -> bool {
        self.writers.lock().contains(&lock)
    }

    pub(super) fn announce_writer(&self, lock: usize) {
        self.writers.lock().insert(lock);
    }

    pub(super) fn withdraw_writer(&self, lock: usize) {
        self.writers.lock().remove(&lock);
    }

    pub(super) fn note_kept(&self, what: String) {
        self.kept.lock().insert(what);
    }

    /// What has kept its value from one run to the next, in words.
    pub(crate) fn kept(&self) -> Vec<String> {
        self.kept.lock().iter().cloned().collect()
    }

    pub(super) fn now(&self) -> Instant {
        self.state.lock().now
    }

    /// Starts a task, which runs when it gets its turn.
    pub(super) fn spawn(
        &'static self,
        name: &str,
        stack_size: Option<usize>,
        body: impl FnOnce() + Send + 'static,
    ) -> io::Result<usize> {
        let (task, main) = self.new_task(body);
        let os = os_builder(name, stack_size).and_then(|builder| builder.spawn(main));
        self.started(task, os.map(Some))
    }

    /// Starts a task in a scope, which must not end before the task has.
    ///
    /// Its handle is borrowed, so the controller cannot join it: destructors of its thread-locals may
    /// run beside the next task.
    pub(super) fn spawn_in<'scope>(
        &'static self,
        scope: &'scope thread::Scope<'scope, '_>,
        name: &str,
        stack_size: Option<usize>,
        body: impl FnOnce() + Send + 'scope,
    ) -> io::Result<usize> {
        let (task, main) = self.new_task(body);
        let os = os_builder(name, stack_size).and_then(|builder| builder.spawn_scoped(scope, main));
        self.started(task, os.map(|_| None))
    }

    /// A task for a body, and what its thread is to do.
    fn new_task<'body>(
        &'static self,
        body: impl FnOnce() + Send + 'body,
    ) -> (usize, impl FnOnce() + Send + 'body) {
        let task = {
            let mut state = self.state.lock();
            state.tasks.push(Task {
                status: Status::Ready,
                yielded_to: Vec::new(),
                wake: Wake::Woken,
                turn: Arc::new(Condvar::new()),
                os: None,
            });
            state.tasks.len() - 1
        };
        let main = move || {
            ExploredTask {
                execution: self,
                task,
            }
            .begin();
            self.wait_for_turn(task);
            body();
        };
        (task, main)
    }

    /// The system has answered whether there is a thread for that task, the newest.
    fn started(
        &self,
        task: usize,
        os: io::Result<Option<thread::JoinHandle<()>>>,
    ) -> io::Result<usize> {
        let mut state = self.state.lock();
        match os {
            Ok(os) => {
                state.tasks[task].os = os;
                Ok(task)
            }
            Err(error) => {
                state.tasks.pop();
                Err(error)
            }
        }
    }

    fn end(&self, me: usize) {
        self.wake_all(end_key(me));
        let mut state = self.state.lock();
        state.tasks[me].status = Status::Ended;
        state.ended = Some(me);
        self.pass(state, CONTROLLER);
    }

    /// The key under which to sleep until that task has ended; `None` if it has.
    pub(super) fn end_key(&self, task: usize) -> Option<usize> {
        match self.state.lock().tasks[task].status {
            Status::Ended => None,
            _ => Some(end_key(task)),
        }
    }

    /// Tells the controller that there is failure, and sleeps for ever: to unwind would run code of
    /// a program that is broken, while the state of the failure is worth looking at.
    fn halt(&self, state: MutexGuard<'_, State>) -> ! {
        self.pass(state, CONTROLLER);
        loop {
            thread::park();
        }
    }
}

/// The current thread as a task of an exploration.
#[derive(Clone, Copy)]
pub(crate) struct ExploredTask {
    pub(super) execution: &'static Execution,
    pub(super) task: usize,
}

/// Ends the task of its thread when that thread destroys its last thread-local, which is this one.
///
/// Destructors of thread-locals are part of the program: they take locks, wake other threads and wait. So
/// the task takes turns in them as well, and ends when this is dropped: first in, and so last out.
struct EndOfTask(ExploredTask);

thread_local! {
    // No destructor: asked at every step, also while thread-locals are being destroyed.
    static HERE: Cell<Option<ExploredTask>> = const { Cell::new(None) };

    static END: OnceCell<EndOfTask> = const { OnceCell::new() };
}

/// The task that the current thread is, if it runs under an exploration.
#[inline]
pub(crate) fn here() -> Option<ExploredTask> {
    HERE.get()
}

impl ExploredTask {
    /// Makes the current thread, which has just begun, this task.
    fn begin(self) {
        END.with(|end| {
            let _ = end.set(EndOfTask(self));
        });
        HERE.set(Some(self));
    }
}

impl Drop for EndOfTask {
    fn drop(&mut self) {
        HERE.set(None);
        self.0.execution.end(self.0.task);
    }
}

/// A key that no address has: the last page of the address space belongs to nobody.
fn end_key(task: usize) -> usize {
    usize::MAX - task
}
