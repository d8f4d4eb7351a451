//! A task of a run.

use core::mem;
use core::num::NonZeroU64;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::run::RunTask;
use crate::backend::explored::signal::Signal;
use crate::backend::explored::spins::Spins;
use crate::backend::explored::step::Step;
use crate::backend::explored::{Access, Wake};

/// Whether a task can run.
pub(crate) enum Status {
    Ready,
    Sleeping {
        key: Option<usize>,
        deadline: Option<Instant>,
        since: u64,
    },
    Ended,
}

/// A task of a run.
pub(crate) struct Task {
    pub(super) name: String,
    /// The id of its thread in the process, once that has begun.
    pub(crate) id: Option<NonZeroU64>,
    pub(crate) status: Status,
    /// The tasks to which it has yielded and which have not run since.
    ///
    /// Each of them was ready then and has not been chosen since, so it is still ready. A task that yields has just
    /// been chosen, so it is in no list. Hence the tasks that wait for each other in this way form no cycle, and
    /// there is always a ready task with an empty list.
    pub(super) yielded_to: Vec<usize>,
    pub(crate) wake: Wake,
    /// What its next step begins with.
    pub(super) next: Access,
    /// The object by which its next step synchronises, if it does.
    pub(super) synchronizes: Access,
    /// How many loads of atomics it has made, as far as memory orders are followed.
    pub(super) loads: usize,
    /// The primitive in whose code it is, by its address; zero if it is in none.
    pub(super) inside: usize,
    pub(super) spins: Spins,
    pub(super) last: Option<(usize, Step)>,
    pub(super) waits: Option<(usize, Step)>,
    /// What ends the wait in which it is, if that is known.
    pub(super) awaits: Option<usize>,
    /// Gives it the turn; `None` for a coroutine.
    pub(in crate::backend::explored) turn: Option<Arc<Signal>>,
    /// The number of its thread for the system, from the moment at which the thread has begun.
    pub(crate) native: Option<u64>,
    pub(crate) os: Option<thread::JoinHandle<()>>,
}

impl RunTask {
    /// With `is_over`, the task is not needed any more.
    pub(super) fn of(task: &mut Task, is_over: bool) -> Self {
        Self {
            name: match is_over {
                true => mem::take(&mut task.name),
                false => task.name.clone(),
            },
            id: task.id,
            last: task.last,
            waits: task.waits,
        }
    }
}
