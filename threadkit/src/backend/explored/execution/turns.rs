//! The threads of a run, and how the turn goes from one to the next.

use core::cell::Cell;
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};

use super::findings::Findings;
use super::locks::Locks;
use crate::backend::explored::chooser::Chooser;
use crate::backend::explored::coroutines;
use crate::backend::explored::run_state::{CONTROLLER, FailureKind, RunState};
use crate::backend::explored::signal::Signal;
use crate::backend::explored::{Access, Wake};
use crate::backend::native::native_id;

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
    pub(super) run: AtomicU64,
    pub(crate) locks: Locks,
    pub(crate) findings: Findings,
    pub(super) controller: Signal,
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

/// The current thread as a task of an exploration.
#[derive(Clone, Copy)]
pub(crate) struct ExploredTask {
    pub(crate) execution: &'static Execution,
    pub(crate) task: usize,
}

thread_local! {
    // No destructor: read at every step, also while thread-locals are being destroyed.
    static HERE: Cell<Option<ExploredTask>> = const { Cell::new(None) };
}

/// The task of the current thread, if it runs under an exploration.
#[inline]
pub(crate) fn here() -> Option<ExploredTask> {
    HERE.get()
}

/// Makes this the task of the current thread.
pub(super) fn set_here(task: Option<ExploredTask>) {
    HERE.set(task);
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
            locks: Locks::default(),
            findings: Findings::default(),
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
    pub(crate) fn has_coroutines(&self) -> bool {
        self.has_coroutines
    }

    pub(crate) fn is_repeated(&self) -> bool {
        self.is_repeated
    }

    /// The state of the run, which only the task that has the turn changes.
    pub(crate) fn state(&self) -> MutexGuard<'_, RunState> {
        self.state.lock()
    }

    pub(crate) fn run_number(&self) -> NonZeroU64 {
        NonZeroU64::MIN.saturating_add(self.run.load(Ordering::Relaxed))
    }

    /// Whether the strategy has not noticed that the body does something else under the same schedule.
    pub(crate) fn is_repeatable(&self) -> bool {
        self.state().is_repeatable()
    }

    /// Gives the turn to `next`.
    pub(super) fn pass(&self, mut state: MutexGuard<'_, RunState>, next: usize) {
        state.turn = next;
        if self.has_coroutines() {
            // The loop that resumes them looks at it.
        } else if next == CONTROLLER {
            drop(state);
            self.controller.set();
        } else {
            let turn = state.tasks[next].turn.clone();
            drop(state);
            if let Some(turn) = turn {
                turn.set();
            }
        }
    }

    /// Waits for the first turn of `me`.
    pub(super) fn begin_turn(&self, me: usize) {
        let turn = {
            let task = &mut self.state().tasks[me];
            task.native = native_id();
            task.turn.clone()
        };
        if let Some(turn) = turn {
            turn.wait();
        }
    }

    /// Waits until it is the turn of `me`.
    fn wait_for_turn(&self, me: usize) {
        if self.has_coroutines() {
            let here = HERE.take();
            coroutines::suspend();
            HERE.set(here);
            return;
        }
        let turn = self.state().tasks[me].turn.clone();
        if let Some(turn) = turn {
            turn.wait();
        }
    }

    pub(crate) fn yield_before(&self, me: usize, access: Access) {
        let mut state = self.state();
        state.begins(me, access, access);
        self.go_on(state, me);
    }

    /// The same, for a step with an atomic of the program or a fence, which synchronises by its memory order.
    pub(crate) fn yield_before_atomic(&self, me: usize, access: Access) {
        let mut state = self.state();
        state.begins(me, access, Access::NOTHING);
        self.go_on(state, me);
    }

    pub(crate) fn has_weak_memory(&self) -> bool {
        self.weak_memory
    }

    /// Calls `f` with the state of the run, whose memory orders it changes.
    pub(crate) fn with_weak_memory<T>(&self, f: impl FnOnce(&mut RunState) -> T) -> T {
        let sees_newest_only = self.findings.has_foreign_uses();
        let mut state = self.state();
        state.sees_newest_only = sees_newest_only;
        f(&mut state)
    }

    pub(crate) fn yield_now(&self, me: usize) {
        let mut state = self.state();
        state.note_yield(me);
        self.go_on(state, me);
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

    pub(crate) fn sleep(&self, me: usize, key: Option<usize>, deadline: Option<Instant>) -> Wake {
        let mut state = self.state();
        state.note_sleep(me, key, deadline);
        match state.choose(None, false) {
            Some(next) if next == me => {}
            Some(next) => {
                self.pass(state, next);
                self.wait_for_turn(me);
                state = self.state();
            }
            None => {
                state.failure.get_or_insert(FailureKind::Deadlock);
                self.halt(state);
            }
        }
        state.tasks[me].wake
    }

    /// Wakes all tasks that sleep under `key`.
    pub(crate) fn wake_all(&self, key: usize) {
        while { self.state().wake(key, Wake::Woken) }.is_some() {}
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
