//! How tasks fall asleep, and how others wake them.

use std::time::Instant;

use super::state::RunState;
use super::task::{Status, Task};
use crate::backend::explored::{Access, Wake};

impl RunState {
    /// Lets `me` fall asleep.
    pub(crate) fn note_sleep(&mut self, me: usize, key: Option<usize>, deadline: Option<Instant>) {
        self.sleeps += 1;
        self.yields = 0;
        // Who wakes it uses the same key. A sleep without a key ends by its deadline.
        let access = key.map_or(Access::ANY, Access::change_at);
        if key.is_some() {
            self.synchronize(access);
        }
        self.tasks[me].synchronizes = access;
        // In a primitive, whoever wakes it uses the primitive, or is at a step that may use everything.
        let access = match self.tasks[me].inside {
            0 => access,
            inside => Access::take_at(inside),
        };
        self.note_use(access);
        self.tasks[me].next = access;
        self.tasks[me].status = Status::Sleeping {
            key,
            deadline,
            since: self.sleeps,
        };
    }

    /// Wakes the task that has slept longest under `key`, and returns its number.
    pub(crate) fn wake(&mut self, key: usize, wake: Wake) -> Option<usize> {
        let since_of = |task: &Task| match task.status {
            Status::Sleeping {
                key: Some(under),
                since,
                ..
            } if under == key => Some(since),
            _ => None,
        };
        let first = (0..self.tasks.len())
            .filter_map(|task| since_of(&self.tasks[task]).map(|since| (since, task)))
            .min();
        // See `note_sleep`. In a primitive, a sleep that comes later instead would be in the same one.
        let inside = self.tasks.get(self.turn).map_or(0, |me| me.inside);
        if inside == 0 || first.is_some_and(|(_, first)| self.tasks[first].inside != inside) {
            self.note_use(Access::change_at(key));
        }
        self.synchronize(Access::change_at(key));
        let (_, first) = first?;
        self.tasks[first].status = Status::Ready;
        self.tasks[first].wake = wake;
        self.yields = 0;
        Some(first)
    }

    /// How many tasks sleep under `key`.
    pub(crate) fn asleep_under(&mut self, key: usize) -> usize {
        self.also_uses(Access::look_at(key));
        let is_there = |task: &&Task| matches!(task.status, Status::Sleeping { key: Some(under), .. } if under == key);
        self.tasks.iter().filter(is_there).count()
    }
}
