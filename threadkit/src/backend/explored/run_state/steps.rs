//! How a step begins, and what it uses: for the strategy, and for the memory orders.

use core::mem;

use super::state::{CONTROLLER, RunState};
use super::task::Status;
use crate::backend::explored::Access;
use crate::backend::explored::spins::Pace;

impl RunState {
    /// Notes that `me` is about to make a step, which synchronises by the other access. A task that spins yields first.
    pub(crate) fn begins(&mut self, me: usize, access: Access, synchronizes: Access) {
        let access = match self.tasks[me].inside {
            0 => access,
            inside => access.of_unknown(inside),
        };
        self.tasks[me].next = access;
        match self.tasks[me].spins.begins(access) {
            Pace::Changed => self.yields = 0,
            Pace::Works => {}
            Pace::Spins => self.note_yield(me),
        }
        self.tasks[me].synchronizes = synchronizes;
    }

    /// Notes that `me` is in the code of the primitive at that address from now on, or in none if it is zero; returns in
    /// which it was.
    ///
    /// There, a step of which nothing else is known uses the primitive and nothing else, and every step uses it.
    pub(crate) fn enter(&mut self, me: usize, object: usize) -> usize {
        mem::replace(&mut self.tasks[me].inside, object)
    }

    /// Notes that the step of `me` that began last has changed nothing.
    pub(crate) fn has_changed_nothing(&mut self, me: usize) {
        self.tasks[me].spins.has_changed_nothing();
    }

    /// Lets `me` yield to all tasks that are ready now.
    pub(crate) fn note_yield(&mut self, me: usize) {
        self.yields += 1;
        // It goes on when other tasks have run, so its next step depends on all of them.
        self.tasks[me].next = Access::ANY;
        self.tasks[me].synchronizes = Access::NOTHING;
        self.tasks[me].yielded_to = (0..self.tasks.len())
            .filter(|task| *task != me && matches!(self.tasks[*task].status, Status::Ready))
            .collect();
    }

    /// Notes what the step that runs uses, besides what it began with.
    pub(crate) fn also_uses(&mut self, access: Access) {
        self.note_use(access);
        self.synchronize(access);
    }

    /// Tells the strategy what the step that is over has used, before it chooses the next one.
    pub(super) fn begin_step(&mut self) {
        if self.wants_uses {
            self.chooser.used(&self.uses);
            self.uses.clear();
        }
    }

    /// The step that runs synchronises by this.
    pub(super) fn synchronize(&mut self, access: Access) {
        if let Some(memory) = &mut self.memory
            && self.turn != CONTROLLER
        {
            memory.uses(self.turn, access);
        }
    }

    /// The step that runs uses this, but does not synchronise by it.
    pub(super) fn note_use(&mut self, access: Access) {
        if self.wants_uses {
            self.uses.push(access);
        }
    }

    /// The next step of the task begins, and synchronises.
    pub(super) fn synchronize_first(&mut self, task: usize) {
        if let Some(memory) = &mut self.memory {
            memory.begins(task, self.tasks[task].synchronizes);
        }
    }

    /// Counts up from one in each run.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.also_uses(Access::change_at(Access::NUMBERS));
        self.number += 1;
        self.number
    }

    /// Notes a panic of `me`, if it is the first of the run.
    pub(crate) fn note_panic(&mut self, me: usize, what: impl FnOnce() -> String) {
        self.note_use(Access::ANY);
        self.record.panics(me, what);
    }
}
