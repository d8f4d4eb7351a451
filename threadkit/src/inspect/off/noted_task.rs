//! A task that is noted in something, which this form does not do.

use crate::backend::TaskId;
use crate::inspect::Enders;

/// The task that runs something, which this form does not note.
#[derive(Debug)]
pub(crate) struct NotedTask;

impl NotedTask {
    pub(crate) const fn none() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn note(&self) {}

    pub(crate) fn task(&self) -> Option<TaskId> {
        None
    }

    pub(crate) fn enders(&self) -> Enders {
        Enders::Over
    }
}
