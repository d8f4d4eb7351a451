//! Threads that belong together, which this form does not note.

use std::sync::Arc;

use super::waits::Call;
use crate::backend::TaskId;
use crate::inspect::GroupKind;

/// Threads that belong together, which this form does not note.
#[derive(Debug)]
pub(crate) struct Group;

impl Group {
    #[inline(always)]
    pub(crate) fn new(_kind: GroupKind, _name: Option<&Arc<str>>, _made: Call) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn admit(&self, _task: TaskId) {}

    #[inline(always)]
    pub(crate) fn admit_current(&self) -> Membership {
        Membership
    }

    #[inline(always)]
    pub(crate) fn dismiss(&self, _task: TaskId) {}

    #[inline(always)]
    pub(crate) fn note_pending(&self, _pending: usize) {}

    #[inline(always)]
    pub(crate) fn note_new(&self, _new: usize) {}
}

/// Ends a note that this form does not make.
pub(crate) struct Membership;

/// A fact that turns true once, which this form does not note.
#[derive(Debug)]
pub(crate) struct Flag;

impl Flag {
    pub(crate) const fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn set(&self) {}

    #[inline(always)]
    pub(crate) fn is_set(&self) -> bool {
        false
    }
}
