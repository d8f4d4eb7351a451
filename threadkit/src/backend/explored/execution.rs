//! Runs of a program whose threads take turns: the threads, and how the turn goes from one to the next.

use core::cell::{Cell, OnceCell};
use core::marker::PhantomData;
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;
use std::{io, thread};

use parking_lot::{Mutex, MutexGuard};

use super::blocked::Blocked;
use super::chooser::Chooser;
use super::coroutines;
use super::run_state::{CONTROLLER, FailureKind, Run, RunState, Status};
use super::runner::Runner;
use super::signal::Signal;
use super::step::{Happening, StepValue};
use super::{Access, Wake};
use crate::backend::native::native_id;
use crate::backend::os_builder::os_builder;
use crate::local::Table;
use crate::unwind;

/// How long the controller lets a task run between two steps before it gives up on it. It looks at it more often than
/// that, so giving up may take a little longer.
const STUCK_AFTER: Duration = Duration::from_secs(10);

/// The same for a task whose thread sleeps in a lock, as far as the system says so.
const BLOCKED_AFTER: Duration = Duration::from_millis(900);

/// How often the controller looks at the task that runs.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// The runs in progress.
static IN_PROGRESS: Mutex<BTreeMap<NonZeroU64, &'static Execution>> = Mutex::new(BTreeMap::new());

/// Notes that a foreign thread, which is no task of that run, uses an object that the run has used. Only while
/// the run is in progress: no schedule can place such a thread.
pub(super) fn note_foreign_use(run: u64, what: impl FnOnce() -> String) {
    let run = NonZeroU64::new(run);
    let execution = run.and_then(|run| IN_PROGRESS.lock().get(&run).copied());
    if let Some(execution) = execution {
        execution.foreign_uses.lock().insert(what());
    }
}

/// The number of the next run of all explorations.
static RUNS: AtomicU64 = AtomicU64::new(0);

/// A program under exploration, run after run.
///
/// # Invariant
///
/// The thread whose number is `turn` runs, and only it changes `state`. So the program is sequential, and `state`
/// describes all of it. A thread that gives the turn away sets the signal of the next one, after it has changed `state`;
/// a signal is set once for each turn.
pub(crate) struct Execution {
    state: Mutex<RunState>,
    /// The number of this run among those of all explorations. Changes between runs only.
    run: AtomicU64,
    /// The objects that more than one run has used.
    kept: Mutex<BTreeSet<String>>,
    /// The objects that foreign threads have used while a run used them.
    foreign_uses: Mutex<BTreeSet<String>>,
    /// The locks that its tasks hold.
    held: Mutex<BTreeSet<usize>>,
    /// The readers-writer locks for which a writer waits that only readers keep out.
    writers: Mutex<BTreeSet<usize>>,
    /// The readers-writer locks that are free and reserved, each for a task that has been woken to take it.
    handed_over: Mutex<BTreeMap<usize, usize>>,
    controller: Signal,
    /// Whether the runs repeat a failure that is known.
    is_repeated: bool,
    /// Whether loads may return older values.
    weak_memory: bool,
    /// Whether the tasks are coroutines.
    has_coroutines: bool,
}

/// What the tasks of an execution are for the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A thread for each.
    Threads,
    /// Coroutines on one thread, on systems for which there are some.
    Coroutines,
}

impl Kind {
    /// Coroutines, where this system has them.
    pub(crate) const fn coroutines() -> Self {
        if coroutines::ARE_THERE {
            Self::Coroutines
        } else {
            Self::Threads
        }
    }
}

/// Lists a run as in progress, until this is dropped.
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
    /// With `weak_memory`, loads may return older values.
    pub(crate) fn new(
        chooser: Box<dyn Chooser>,
        max_steps: usize,
        weak_memory: bool,
        kind: Kind,
    ) -> Self {
        Self {
            run: AtomicU64::new(0),
            kept: Mutex::new(BTreeSet::new()),
            foreign_uses: Mutex::new(BTreeSet::new()),
            held: Mutex::new(BTreeSet::new()),
            writers: Mutex::new(BTreeSet::new()),
            handed_over: Mutex::new(BTreeMap::new()),
            state: Mutex::new(RunState::new(chooser, max_steps, weak_memory)),
            controller: Signal::new(),
            is_repeated: false,
            weak_memory,
            has_coroutines: kind == Kind::Coroutines,
        }
    }

    /// An execution that repeats a failure that is known.
    pub(crate) fn repeating(
        chooser: Box<dyn Chooser>,
        max_steps: usize,
        weak_memory: bool,
        kind: Kind,
    ) -> Self {
        Self {
            is_repeated: true,
            ..Self::new(chooser, max_steps, weak_memory, kind)
        }
    }

    /// Whether its tasks are coroutines.
    pub(super) fn has_coroutines(&self) -> bool {
        self.has_coroutines
    }

    /// Calls `f`, which makes runs of this execution.
    ///
    /// If the tasks are coroutines, `f` runs on a thread of its own, which this watches.
    ///
    /// # Errors
    ///
    /// A run that is stuck. Its thread is left behind.
    pub(crate) fn make_runs<T: Send + 'static>(
        &self,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Box<Run>> {
        if !self.has_coroutines {
            return Ok(f());
        }
        let runner = match Runner::start(&current_name(), f) {
            Ok(runner) => runner,
            Err(error) => panic!("cannot start a thread to explore in: {error}"),
        };
        match self.watch(|timeout| runner.wait(timeout)) {
            true => Ok(runner.result()),
            false => Err(Box::new(self.state.lock().take_run())),
        }
    }

    /// Runs `body` once, under the next schedule; `None` if there is no schedule left. The body returns whether it
    /// succeeded.
    ///
    /// After a failure the tasks that have not ended sleep for ever, and the execution cannot be used again. To be called
    /// in [`make_runs`](Self::make_runs).
    pub(crate) fn run(&'static self, body: Arc<dyn Fn() -> bool + Send + Sync>) -> Option<Run> {
        {
            let mut state = self.state.lock();
            if !state.next_run() {
                return None;
            }
            // Relaxed: only the uniqueness of the number matters, and no thread of the run has begun.
            let run = RUNS.fetch_add(1, Ordering::Relaxed);
            self.run.store(run, Ordering::Relaxed);
        }
        let _in_progress = InProgress::new(self);
        let first = self.spawn(&current_name(), None, move || {
            if !body() {
                // The other tasks are left where they are.
                self.state.lock().failure.get_or_insert(FailureKind::Failed);
            }
        });
        let first = match first {
            Ok(first) => first,
            Err(error) => panic!("cannot start a thread to explore in: {error}"),
        };
        self.pass(self.state.lock(), first);
        if self.has_coroutines {
            self.resume_coroutines();
        } else {
            self.watch(|timeout| self.controller.wait_timeout(timeout));
        }
        let mut state = self.state.lock();
        let run = state.take_run();
        if run.result.is_ok() {
            let tasks = core::mem::take(&mut state.tasks);
            drop(state);
            for os in tasks.into_iter().filter_map(|task| task.os) {
                // All threads have ended, with their thread-locals.
                let _ = os.join();
            }
        }
        Some(run)
    }

    /// Resumes the coroutines, one after another, until the run is over.
    fn resume_coroutines(&self) {
        loop {
            let turn = self.state.lock().turn;
            if turn == CONTROLLER {
                return coroutines::end_run();
            }
            coroutines::resume(turn);
        }
    }

    /// Waits until `wait`, which waits for a time at most, returns `true`. Returns `false` if a task is stuck.
    fn watch(&self, wait: impl Fn(Duration) -> bool) -> bool {
        // The number of steps, and how long it has been the same.
        let mut steps = (0, 0);
        let mut since = Instant::now();
        let mut blocked: Option<(Blocked, Instant)> = None;
        while !wait(LOOKS_EVERY) {
            let mut state = self.state.lock();
            let now = Instant::now();
            // Relaxed: the lock orders it.
            let made = (self.run.load(Ordering::Relaxed), state.steps);
            if made != steps || state.turn == CONTROLLER {
                steps = made;
                since = now;
                blocked = None;
                continue;
            }
            let task = state.turn;
            let native = state.tasks.get(task).and_then(|task| task.native);
            // A thread that was given the turn may still be about to be woken by the one before.
            let others = state.tasks.iter().filter_map(|task| task.native);
            let is_alone = !others
                .filter(|other| Some(*other) != native)
                .any(Blocked::may_run);
            let looked = native.filter(|_| is_alone).and_then(Blocked::look);
            blocked = match (looked, blocked) {
                (Some(now_in), Some((before, since))) if now_in == before => Some((before, since)),
                (Some(now_in), _) => Some((now_in, now)),
                (None, _) => None,
            };
            let is_blocked = blocked.is_some_and(|(_, since)| now - since >= BLOCKED_AFTER);
            if is_blocked || now - since >= STUCK_AFTER {
                state.failure = Some(FailureKind::Stuck(Some(task)));
                return false;
            }
        }
        true
    }

    /// Gives the turn to `next`.
    fn pass(&self, mut state: MutexGuard<'_, RunState>, next: usize) {
        state.turn = next;
        if self.has_coroutines() {
            // The loop that resumes them looks at it.
        } else if next == CONTROLLER {
            drop(state);
            self.controller.set();
        } else {
            let turn = Arc::clone(&state.tasks[next].turn);
            drop(state);
            turn.set();
        }
    }

    /// Waits for the first turn of `me`.
    fn begin_turn(&self, me: usize) {
        let turn = {
            let task = &mut self.state.lock().tasks[me];
            task.native = native_id();
            Arc::clone(&task.turn)
        };
        turn.wait();
    }

    /// Waits until it is the turn of `me`.
    fn wait_for_turn(&self, me: usize) {
        if self.has_coroutines() {
            let here = HERE.take();
            coroutines::suspend();
            HERE.set(here);
            return;
        }
        let turn = Arc::clone(&self.state.lock().tasks[me].turn);
        turn.wait();
    }

    /// Notes what happens in the run.
    pub(super) fn note(&self, happening: Happening) {
        self.state.lock().note(happening);
    }

    pub(super) fn leaves(&self, task: usize, value: StepValue) {
        self.state.lock().leaves(task, value);
    }

    pub(super) fn awaits(&self, task: usize, key: usize) {
        self.state.lock().awaits(task, key);
    }

    pub(super) fn wakes(&self, task: usize, key: usize) {
        self.state.lock().wakes(task, key);
    }

    /// What a step uses that counts up one of the numbers of a run.
    fn access_of_numbers(&self) -> Access {
        Access::change_at(Access::NUMBERS)
    }

    pub(super) fn next_number(&self) -> u64 {
        let mut state = self.state.lock();
        state.also_uses(self.access_of_numbers());
        state.next_number()
    }

    pub(super) fn is_repeated(&self) -> bool {
        self.is_repeated
    }

    pub(super) fn yield_before(&self, me: usize, access: Access) {
        let mut state = self.state.lock();
        state.begins(me, access, access);
        self.go_on(state, me);
    }

    /// The same, for a step with an atomic of the program or a fence, which synchronises by its memory order.
    pub(super) fn yield_before_atomic(&self, me: usize, access: Access) {
        let mut state = self.state.lock();
        state.begins(me, access, Access::NOTHING);
        self.go_on(state, me);
    }

    pub(super) fn has_weak_memory(&self) -> bool {
        self.weak_memory
    }

    /// Calls `f` with the state of the run, whose memory orders it changes.
    pub(super) fn with_weak_memory<T>(&self, f: impl FnOnce(&mut RunState) -> T) -> T {
        let sees_newest_only = !self.foreign_uses.lock().is_empty();
        let mut state = self.state.lock();
        state.sees_newest_only = sees_newest_only;
        f(&mut state)
    }

    pub(super) fn also_uses(&self, access: Access) {
        self.state.lock().also_uses(access);
    }

    pub(super) fn enter(&self, me: usize, object: usize) -> usize {
        self.state.lock().enter(me, object)
    }

    pub(super) fn explores_starvation(&self) -> bool {
        self.state.lock().explores_starvation()
    }

    pub(super) fn has_changed_nothing(&self, me: usize) {
        self.state.lock().has_changed_nothing(me);
    }

    pub(super) fn note_panic(&self, me: usize, what: impl FnOnce() -> String) {
        self.state.lock().note_panic(me, what);
    }

    pub(super) fn yield_now(&self, me: usize) {
        let mut state = self.state.lock();
        state.note_yield(me);
        self.go_on(state, me);
    }

    /// A number below `bound`, which is not zero, picked by the chooser.
    pub(super) fn pick(&self, bound: usize) -> usize {
        if bound == 1 {
            return 0;
        }
        self.state.lock().pick(bound)
    }

    /// Gives the turn to the task that runs next, and waits until `me` has it again.
    fn go_on(&self, mut state: MutexGuard<'_, RunState>, me: usize) {
        // std counts panics for a thread of the system, so another coroutine would be taken to unwind.
        let is_kept = self.has_coroutines() && coroutines::is_unwinding();
        match state.choose(Some(me), is_kept) {
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
        state.note_sleep(me, key, deadline);
        match state.choose(None, false) {
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

    /// Wakes the task that has slept longest under `key`, and returns its number.
    pub(super) fn wake(&self, key: usize, wake: Wake) -> Option<usize> {
        self.state.lock().wake(key, wake)
    }

    /// Wakes all tasks that sleep under `key`.
    pub(super) fn wake_all(&self, key: usize) {
        while self.wake(key, Wake::Woken).is_some() {}
    }

    /// How many tasks sleep under `key`.
    pub(super) fn asleep_under(&self, key: usize) -> usize {
        let mut state = self.state.lock();
        state.also_uses(Access::look_at(key));
        state.asleep_under(key)
    }

    pub(super) fn run_number(&self) -> NonZeroU64 {
        NonZeroU64::MIN.saturating_add(self.run.load(Ordering::Relaxed))
    }

    /// The objects that foreign threads have used, in words.
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

    pub(super) fn hand_to_next(&self, lock: usize) -> bool {
        match self.wake(lock, Wake::HandedOver) {
            Some(task) => {
                self.handed_over.lock().insert(lock, task);
                true
            }
            None => false,
        }
    }

    pub(super) fn is_handed_to_other(&self, lock: usize, me: usize) -> bool {
        self.handed_over
            .lock()
            .get(&lock)
            .is_some_and(|task| *task != me)
    }

    pub(super) fn end_hand_over(&self, lock: usize) {
        self.handed_over.lock().remove(&lock);
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

    /// Whether the strategy has not noticed that the body does something else under the same schedule.
    pub(crate) fn is_repeatable(&self) -> bool {
        self.state.lock().is_repeatable()
    }

    /// The objects that have kept their value from one run to the next, in words.
    pub(crate) fn kept(&self) -> Vec<String> {
        self.kept.lock().iter().cloned().collect()
    }

    pub(super) fn now(&self) -> Instant {
        self.state.lock().now
    }

    /// Starts a task, which runs when it gets the turn.
    pub(super) fn spawn(
        &'static self,
        name: &str,
        stack_size: Option<usize>,
        body: impl FnOnce() + Send + 'static,
    ) -> io::Result<usize> {
        if self.has_coroutines() {
            return self.spawn_coroutine(name, stack_size, Box::new(body));
        }
        let (task, main) = self.new_task(name, body);
        let os = os_builder(name, stack_size).and_then(|builder| builder.spawn(main));
        self.started(task, os.map(Some))
    }

    /// Starts a task that is a coroutine.
    fn spawn_coroutine(
        &'static self,
        name: &str,
        stack_size: Option<usize>,
        body: Box<dyn FnOnce() + Send>,
    ) -> io::Result<usize> {
        let task = self.add_task(name);
        let main = move || {
            let me = ExploredTask {
                execution: self,
                task,
            };
            HERE.set(Some(me));
            // As the first function of a thread.
            unwind::run_quietly(body);
            Table::destroy_current();
            HERE.set(None);
            self.end(task);
        };
        let added = coroutines::add(task, stack_size, Box::new(main));
        self.state.lock().tasks[task].native = native_id();
        self.started(task, added.map(|()| None))
    }

    /// Starts a task that is a coroutine, in a scope.
    pub(super) fn spawn_coroutine_in<'scope>(
        &'static self,
        scope: &TaskScope<'scope, '_>,
        name: &str,
        stack_size: Option<usize>,
        body: Box<dyn FnOnce() + Send + 'scope>,
    ) -> io::Result<usize> {
        // SAFETY: the two types differ in a lifetime only. What the body borrows lives as long as the scope, which
        // `within` has made: it returns, or unwinds, only when all tasks of its list have ended, and a task that has
        // ended has dropped its body. The task gets into the list below, and no other task runs before. If the run
        // fails, the stack of `within` is left as it is for ever, and the body is never used again.
        let body: Box<dyn FnOnce() + Send + 'static> = unsafe { core::mem::transmute(body) };
        let task = self.spawn_coroutine(name, stack_size, body)?;
        scope.tasks.lock().push(task);
        Ok(task)
    }

    /// Runs `f` with a scope, and waits for the tasks that are started in it.
    pub(super) fn within<'env, T>(
        &self,
        me: usize,
        f: impl for<'scope> FnOnce(&'scope TaskScope<'scope, 'env>) -> T,
    ) -> T {
        struct Waiting<'a> {
            execution: &'a Execution,
            me: usize,
            tasks: &'a Mutex<Vec<usize>>,
        }
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                while let Some(task) = { self.tasks.lock().pop() } {
                    while let Some(key) = self.execution.end_key(task) {
                        self.execution.sleep(self.me, Some(key), None);
                    }
                }
            }
        }
        let scope = TaskScope {
            tasks: Mutex::new(Vec::new()),
            scope: PhantomData,
            env: PhantomData,
        };
        let _waiting = Waiting {
            execution: self,
            me,
            tasks: &scope.tasks,
        };
        f(&scope)
    }

    /// Starts a task in a scope, which must not end before the task.
    ///
    /// The controller cannot join a thread of a scope, so destructors of its thread-locals may run beside the next
    /// task.
    pub(super) fn spawn_in<'scope>(
        &'static self,
        scope: &'scope thread::Scope<'scope, '_>,
        name: &str,
        stack_size: Option<usize>,
        body: impl FnOnce() + Send + 'scope,
    ) -> io::Result<usize> {
        let (task, main) = self.new_task(name, body);
        let os = os_builder(name, stack_size).and_then(|builder| builder.spawn_scoped(scope, main));
        self.started(task, os.map(|_| None))
    }

    /// Makes a task for a body. Returns it with the main function of its thread.
    fn new_task<'body>(
        &'static self,
        name: &str,
        body: impl FnOnce() + Send + 'body,
    ) -> (usize, impl FnOnce() + Send + 'body) {
        let task = self.add_task(name);
        let main = move || {
            ExploredTask {
                execution: self,
                task,
            }
            .begin();
            self.begin_turn(task);
            body();
        };
        (task, main)
    }

    fn add_task(&self, name: &str) -> usize {
        let mut state = self.state.lock();
        // Tasks are numbered in the order of their starts. The first step of the task follows the start.
        state.also_uses(self.access_of_numbers());
        let start = Access::change_at(end_key(state.tasks.len()));
        state.also_uses(start);
        state.add_task(name, start)
    }

    /// Stores the thread of that task, which is the newest, or removes the task if the system has no thread for it.
    fn started(
        &self,
        task: usize,
        os: io::Result<Option<thread::JoinHandle<()>>>,
    ) -> io::Result<usize> {
        let mut state = self.state.lock();
        match os {
            Ok(os) => {
                state.tasks[task].os = os;
                if let Some(current) = here() {
                    state.note(Happening::Starts(current.task, task));
                }
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
        let next = state.end_task(me).unwrap_or(CONTROLLER);
        self.pass(state, next);
    }

    /// What a step uses that looks whether that task has ended.
    pub(super) fn access_of_end(&self, task: usize) -> Access {
        Access::look_at(end_key(task))
    }

    /// The key under which to sleep until that task has ended; `None` if it has.
    pub(super) fn end_key(&self, task: usize) -> Option<usize> {
        match self.state.lock().tasks[task].status {
            Status::Ended => None,
            _ => Some(end_key(task)),
        }
    }

    /// Gives the turn to the controller after a failure, and sleeps for ever. Unwinding would run code of a program
    /// that is broken, and change the state that the report describes.
    fn halt(&self, state: MutexGuard<'_, RunState>) -> ! {
        self.pass(state, CONTROLLER);
        loop {
            match self.has_coroutines() {
                true => {
                    // The code that runs on this thread next is not of this task.
                    HERE.take();
                    coroutines::suspend();
                }
                false => thread::park(),
            }
        }
    }
}

/// A scope in which tasks that borrow can be started as coroutines. Only [`Execution::within`] makes one.
///
/// As in the scopes of std, `'scope` is that of the scope itself, and `'env` that of what is outside of it.
pub(crate) struct TaskScope<'scope, 'env: 'scope> {
    tasks: Mutex<Vec<usize>>,
    // The lifetimes can neither grow nor shrink.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

/// The current thread as a task of an exploration.
#[derive(Clone, Copy)]
pub(crate) struct ExploredTask {
    pub(super) execution: &'static Execution,
    pub(super) task: usize,
}

/// Ends the task of its thread when the thread destroys its last thread-local, which is this one.
///
/// Destructors of thread-locals are part of the program: they take locks, wake other threads and wait. So the task
/// takes turns in them as well. It ends when this is dropped, which was initialized first and so is dropped last.
struct EndOfTask(ExploredTask);

thread_local! {
    // No destructor: read at every step, also while thread-locals are being destroyed.
    static HERE: Cell<Option<ExploredTask>> = const { Cell::new(None) };

    static END: OnceCell<EndOfTask> = const { OnceCell::new() };
}

/// The task of the current thread, if it runs under an exploration.
#[inline]
pub(crate) fn here() -> Option<ExploredTask> {
    HERE.get()
}

impl ExploredTask {
    /// Makes this the task of the current thread, which has just begun.
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

/// The name that the first thread of a run has.
fn current_name() -> String {
    thread::current().name().unwrap_or("explored").to_owned()
}

/// A key that is not an address: the last page of the address space is never used.
fn end_key(task: usize) -> usize {
    Access::END - task
}
