//! The form with explorations.

use core::num::NonZeroU64;
use core::time::Duration;
use std::{io, thread};

use parking_lot::MutexGuard;

pub(crate) use super::atomics::before_fence;
pub(crate) use super::chooser::{
    Alternating, Chooser, Exhaustive, OlderLoad, Pct, Planned, RandomWalk, Reduced, Repeating,
    Replay, SelectiveWalk, Stretch, UniformWalk,
};
pub(crate) use super::coroutines::is_unwinding;
pub(crate) use super::execution::{Execution, ExploredTask, Kind, TaskScope, here};
pub(crate) use super::one_processor::OneProcessor;
pub(crate) use super::run_state::{FailureKind, Run, RunTask};
pub(crate) use super::site::{LastRun, Site, inside, outside, putting_back};
pub(crate) use super::step::Happening;

use super::coroutines;
use super::run_state::RunState;
use super::step::StepValue;
use super::{Access, ShownValue, Step, Wake};
use crate::backend::Instant;

/// The number of this thread for the system, if a coroutine runs on it.
pub(crate) fn native_id() -> Option<u64> {
    let is_coroutine = here().is_some_and(ExploredTask::is_coroutine);
    is_coroutine.then(coroutines::native_id).flatten()
}

impl ExploredTask {
    /// The state of its run.
    pub(super) fn state(self) -> MutexGuard<'static, RunState> {
        self.execution.state()
    }

    /// Lets another task run, if the chooser picks one, before a step that uses this and nothing else.
    pub(crate) fn yield_before(self, access: Access) {
        self.execution.yield_before(self.task, access);
    }

    /// Whether all other tasks of the run have ended.
    pub(crate) fn is_last(self) -> bool {
        self.state().is_last(self.task)
    }

    /// Notes what the step that began last uses as well.
    pub(crate) fn also_uses(self, access: Access) {
        self.state().also_uses(access);
    }

    /// Notes that this task is in the code of the primitive at that address from now on, or in none if it is zero.
    /// Returns in which it was.
    pub(super) fn enter(self, object: usize) -> usize {
        self.state().enter(self.task, object)
    }

    /// Whether a task that waits for a lock for long begins to starve.
    ///
    /// It then is served in order, instead of competing. Competing tasks get the lock in every order, also in that one. So
    /// if every order is tried anyway, this would only try some of them again.
    pub(crate) fn explores_starvation(self) -> bool {
        self.state().explores_starvation()
    }

    /// Notes that the step that began last has changed nothing.
    pub(crate) fn has_changed_nothing(self) {
        self.state().has_changed_nothing(self.task);
    }

    /// Notes a panic of this task, if it is the first of the run.
    pub(crate) fn note_panic(self, what: impl FnOnce() -> String) {
        self.state().note_panic(self.task, what);
    }

    /// Notes that this task is the thread with that id in the process.
    pub(crate) fn is_thread(self, id: NonZeroU64) {
        self.state().tasks[self.task].id = Some(id);
    }

    /// Notes what this task does.
    pub(crate) fn note(self, step: Step) {
        self.state().note(Happening::Step(self.task, step));
    }

    /// The step that was noted last has this result, or its object this value now.
    pub(crate) fn leaves(self, value: ShownValue) {
        self.state().leaves(self.task, StepValue::Newest(value));
    }

    /// Notes that the wait of this task is for what `key` stands for.
    pub(crate) fn awaits(self, key: usize) {
        self.state().awaits(self.task, key);
    }

    /// Notes that this task ends the waits for what `key` stands for.
    pub(crate) fn wakes(self, key: usize) {
        self.state().wakes(self.task, key);
    }

    /// Counts up from one in each run.
    pub(crate) fn next_number(self) -> u64 {
        self.state().next_number()
    }

    /// Whether the run repeats a failure that is known, so that its panics need not be printed.
    pub(crate) fn is_repeated(self) -> bool {
        self.execution.is_repeated()
    }

    /// Lets every other task that can run make at least one step.
    pub(crate) fn yield_now(self) {
        self.execution.yield_now(self.task);
    }

    /// A number below `bound`, which is not zero, picked by the chooser.
    pub(crate) fn pick(self, bound: usize) -> usize {
        self.state().pick(bound)
    }

    /// Sleeps under `key` if `sleep` returns `true`, until another task wakes it or the deadline passes.
    pub(crate) fn park(
        self,
        key: usize,
        sleep: impl FnOnce() -> bool,
        deadline: Option<Instant>,
    ) -> Wake {
        // No other task runs between the check and the sleep.
        if sleep() {
            self.execution.sleep(self.task, Some(key), deadline)
        } else {
            Wake::Woken
        }
    }

    /// Notes that this task has acquired the lock `key`.
    pub(crate) fn acquired(self, key: usize) {
        self.execution.locks.acquired(key);
    }

    /// Whether a task of this exploration holds the lock `key`. If none does and it is locked, a thread outside
    /// the exploration holds it.
    pub(crate) fn holds(self, key: usize) -> bool {
        self.execution.locks.holds(key)
    }

    /// Notes that the lock `key` is free, and wakes the task that has slept longest under it to try again.
    pub(crate) fn released(self, key: usize) {
        self.execution.locks.released(key);
        self.unpark(key);
    }

    /// Whether a writer waits for the readers of the lock `key` to leave.
    pub(crate) fn writer_waits(self, key: usize) -> bool {
        self.execution.locks.writer_waits(key)
    }

    /// Notes that this task waits to write until the readers of the lock `key` have left.
    pub(crate) fn announce_writer(self, key: usize) {
        self.execution.locks.announce_writer(key);
    }

    /// Notes that it does not wait any more.
    pub(crate) fn withdraw_writer(self, key: usize) {
        self.execution.locks.withdraw_writer(key);
    }

    /// Wakes the task that has slept longest under `key`.
    pub(crate) fn unpark(self, key: usize) {
        self.state().wake(key, Wake::Woken);
    }

    /// Wakes all tasks that sleep under `key`.
    pub(crate) fn unpark_all(self, key: usize) {
        self.execution.wake_all(key);
    }

    /// How many tasks sleep under `key`.
    pub(crate) fn parked(self, key: usize) -> usize {
        self.state().asleep_under(key)
    }

    /// Wakes the task that has slept longest under `key`, and hands the lock over to it; `false` if there is
    /// none.
    pub(crate) fn hand_over(self, key: usize) -> bool {
        self.state().wake(key, Wake::HandedOver).is_some()
    }

    /// As [`hand_over`](Self::hand_over), for a lock that is free by now: it is reserved for the task that this
    /// wakes.
    pub(crate) fn hand_to_next(self, key: usize) -> bool {
        let next = self.state().wake(key, Wake::HandedOver);
        if let Some(next) = next {
            self.execution.locks.hand_to(next, key);
        }
        next.is_some()
    }

    /// Whether the lock `key` is reserved for another task.
    pub(crate) fn is_handed_to_other(self, key: usize) -> bool {
        self.execution.locks.is_handed_to_other(key, self.task)
    }

    /// Ends the reservation of the lock `key`, which is for this task.
    pub(crate) fn end_hand_over(self, key: usize) {
        self.execution.locks.end_hand_over(key);
    }

    /// Which run of all explorations this is.
    pub(crate) fn run(self) -> NonZeroU64 {
        self.execution.run_number()
    }

    /// Notes an object that has kept its value since an earlier run.
    pub(super) fn note_kept(self, what: String) {
        self.execution.findings.note_kept(what);
    }

    /// The virtual time, which moves on only when a deadline passes.
    pub(crate) fn now(self) -> Instant {
        self.state().now
    }

    pub(crate) fn sleep(self, duration: Duration) {
        // A sleep that is too long for the clock is a sleep for ever.
        let deadline = self.now().checked_add(duration);
        self.execution.sleep(self.task, None, deadline);
    }

    pub(crate) fn spawn(
        self,
        name: &str,
        stack_size: Option<usize>,
        body: impl FnOnce() + Send + 'static,
    ) -> io::Result<usize> {
        let task = self.execution.spawn(name, stack_size, body)?;
        self.yield_before(Access::NOTHING);
        Ok(task)
    }

    pub(crate) fn spawn_in<'scope>(
        self,
        scope: &'scope thread::Scope<'scope, '_>,
        name: &str,
        stack_size: Option<usize>,
        body: impl FnOnce() + Send + 'scope,
    ) -> io::Result<usize> {
        let task = self.execution.spawn_in(scope, name, stack_size, body)?;
        self.yield_before(Access::NOTHING);
        Ok(task)
    }

    /// Whether the tasks are coroutines on one thread.
    pub(crate) fn is_coroutine(self) -> bool {
        self.execution.has_coroutines()
    }

    /// As [`spawn_in`](Self::spawn_in), for coroutines.
    pub(crate) fn spawn_coroutine_in<'scope>(
        self,
        scope: &TaskScope<'scope, '_>,
        name: &str,
        stack_size: Option<usize>,
        body: Box<dyn FnOnce() + Send + 'scope>,
    ) -> io::Result<usize> {
        let task = (self.execution).spawn_coroutine_in(scope, name, stack_size, body)?;
        self.yield_before(Access::NOTHING);
        Ok(task)
    }

    /// Runs `f` with a scope for coroutines, and waits for those that are started in it.
    pub(crate) fn within<'env, T>(
        self,
        f: impl for<'scope> FnOnce(&'scope TaskScope<'scope, 'env>) -> T,
    ) -> T {
        self.execution.within(self.task, f)
    }

    /// Waits until that task has ended.
    pub(crate) fn join(self, task: usize) {
        self.yield_before(self.execution.access_of_end(task));
        while let Some(key) = self.execution.end_key(task) {
            self.execution.sleep(self.task, Some(key), None);
        }
    }
}
