//! The form with explorations.

use core::num::NonZeroU64;
use core::time::Duration;
use std::{io, thread};

pub(crate) use super::chooser::{Alternating, Chooser, Exhaustive, Pct, RandomWalk, Replay};
pub(crate) use super::execution::{Execution, ExploredTask, FailureKind, here};
pub(crate) use super::site::{LastRun, Site, putting_back};

use super::Wake;
use crate::backend::Instant;

impl ExploredTask {
    /// Lets another task run, if the chooser wants it so.
    pub(crate) fn yield_point(self) {
        self.execution.yield_point(self.task);
    }

    /// Lets the other tasks that can run go on first, each of them by a step at least.
    pub(crate) fn yield_now(self) {
        self.execution.yield_now(self.task);
    }

    /// A number below `bound`, which is not zero, as the chooser has it.
    pub(crate) fn pick(self, bound: usize) -> usize {
        self.execution.pick(bound)
    }

    /// Sleeps under `key` if `sleep` says so, until somebody wakes it or the deadline passes.
    pub(crate) fn park(
        self,
        key: usize,
        sleep: impl FnOnce() -> bool,
        deadline: Option<Instant>,
    ) -> Wake {
        // Nobody else runs between the look and the sleep.
        if sleep() {
            self.execution.sleep(self.task, Some(key), deadline)
        } else {
            Wake::Woken
        }
    }

    /// This task has acquired the lock `key`.
    pub(crate) fn acquired(self, key: usize) {
        self.execution.acquired(key);
    }

    /// Whether a task of this exploration has the lock `key`. If it is locked all the same, then by a
    /// thread that takes no turns.
    pub(crate) fn holds(self, key: usize) -> bool {
        self.execution.holds(key)
    }

    /// The lock `key` is free: whoever has slept longest under it can try again.
    pub(crate) fn released(self, key: usize) {
        self.execution.released(key);
        self.unpark(key);
    }

    /// Whether a writer waits for the readers of the lock `key` to leave.
    pub(crate) fn writer_waits(self, key: usize) -> bool {
        self.execution.writer_waits(key)
    }

    /// This task waits to write as soon as the readers of the lock `key` have left.
    pub(crate) fn announce_writer(self, key: usize) {
        self.execution.announce_writer(key);
    }

    /// It does not any more.
    pub(crate) fn withdraw_writer(self, key: usize) {
        self.execution.withdraw_writer(key);
    }

    /// Wakes the task that has slept longest under `key`.
    pub(crate) fn unpark(self, key: usize) {
        self.execution.wake(key, Wake::Woken);
    }

    /// Wakes all tasks that sleep under `key`.
    pub(crate) fn unpark_all(self, key: usize) {
        self.execution.wake_all(key);
    }

    /// Wakes the task that has slept longest under `key`, and leaves it the lock; `false` if there
    /// is none.
    pub(crate) fn hand_over(self, key: usize) -> bool {
        self.execution.wake(key, Wake::HandedOver)
    }

    /// Which run of all explorations this is.
    pub(crate) fn run(self) -> NonZeroU64 {
        self.execution.run_number()
    }

    /// Notes what has kept its value since an earlier run.
    pub(super) fn note_kept(self, what: String) {
        self.execution.note_kept(what);
    }

    /// The present moment, which only passing deadlines move on.
    pub(crate) fn now(self) -> Instant {
        self.execution.now()
    }

    pub(crate) fn sleep(self, duration: Duration) {
        // A sleep beyond the end of all clocks is a sleep for ever.
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
        self.yield_point();
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
        self.yield_point();
        Ok(task)
    }

    /// Waits until that task has ended.
    pub(crate) fn join(self, task: usize) {
        self.yield_point();
        while let Some(key) = self.execution.end_key(task) {
            self.execution.sleep(self.task, Some(key), None);
        }
    }
}
