//! A task that was submitted, and what is known of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};

use threadkit::Task;

use crate::coverage::At;

/// What is known of a task from outside the library.
#[derive(Default)]
pub(super) struct Probe {
    /// 0 pending, 1 claimed, 2 done, 3 cancelled.
    pub(super) stage: AtomicU8,
    pub(super) value: AtomicU64,
    /// A `cancel` has returned `true`.
    pub(super) cancelled: AtomicBool,
}

impl Probe {
    pub(super) fn at(&self) -> At {
        match self.stage.load(Relaxed) {
            0 => At::TaskPending,
            1 => At::TaskClaimed,
            2 => At::TaskDone,
            _ => At::TaskCancelled,
        }
    }
}

pub(super) struct Submitted {
    pub(super) probe: Arc<Probe>,
    /// `None` if it was refused and has run in place.
    pub(super) task: Option<Arc<Task<u64>>>,
    pub(super) panics: bool,
    /// Its value, if it has run in place.
    pub(super) in_place: u64,
}
