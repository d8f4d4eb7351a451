//! A task that is noted in something.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::backend::{self, TaskId};
use crate::inspect::Enders;

/// The task that runs something, once it has noted itself.
#[derive(Debug)]
pub(crate) struct NotedTask(AtomicU64);

impl NotedTask {
    pub(crate) const fn none() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Notes the current task.
    pub(crate) fn note(&self) {
        // Relaxed: a look sees it late at worst, and takes the thread that waits for awake until then.
        self.0.store(backend::task_id().get(), Ordering::Relaxed);
    }

    pub(crate) fn task(&self) -> Option<TaskId> {
        TaskId::new(self.0.load(Ordering::Relaxed))
    }

    /// What ends a wait for its end, while it runs.
    pub(crate) fn enders(&self) -> Enders {
        self.task()
            .map_or(Enders::Over, |task| Enders::tasks([task]))
    }
}
