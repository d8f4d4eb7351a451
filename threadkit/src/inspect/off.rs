//! The form that compiles to nothing.

use core::fmt;
use core::panic::Location;
use core::time::Duration;

use super::WaitInfo;
use crate::backend::TaskId;
use crate::identity::Identity;

/// What is known of one lock: nothing.
pub(crate) struct LockTag;

impl LockTag {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) const fn named(_name: &'static str) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn acquire<G>(
        &self,
        _attempt: impl FnOnce() -> Option<G>,
        wait: impl FnOnce() -> G,
    ) -> G {
        wait()
    }

    #[inline(always)]
    pub(crate) fn refuse_reentry(&self, _advice: impl FnOnce() -> String) {}

    #[inline(always)]
    pub(crate) fn refuse_if_held_below(&self, _holder: Option<TaskId>) {}

    #[inline(always)]
    pub(crate) fn used(&self) {}

    #[inline(always)]
    pub(crate) fn waiting(&self) -> Waiting {
        Waiting
    }

    #[inline(always)]
    pub(crate) fn acquired(&self) {}

    #[inline(always)]
    pub(crate) fn released(&self) {}

    pub(crate) fn label(&self) -> Option<String> {
        None
    }

    pub(crate) fn debug_fields(&self, _fields: &mut fmt::DebugStruct<'_, '_>) {}
}

/// Notes that the current thread starts to wait, until the result is dropped.
#[inline(always)]
pub(crate) fn waiting(_what: &'static str) -> Waiting {
    Waiting
}

/// As [`waiting`].
#[inline(always)]
pub(crate) fn waiting_at(_what: &'static str, _place: &'static Location<'static>) -> Waiting {
    Waiting
}

/// Ends a note that this form does not make.
pub(crate) struct Waiting;

/// What to call a thread in reports.
pub(crate) fn describe(thread: &Identity) -> String {
    format!("`{}`", thread.name())
}

/// What that task waits for, which this form does not know.
pub(crate) fn wait_of(_task: TaskId) -> Option<WaitInfo> {
    None
}

/// How long an exit waits before it reports for which threads: this form never does.
pub(crate) const fn report_delay() -> Option<Duration> {
    None
}
