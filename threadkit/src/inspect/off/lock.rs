//! What is known of a lock: nothing.

use core::fmt;

use crate::backend::TaskId;

/// What is known of one lock: nothing.
pub(crate) struct LockTag;

impl LockTag {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) const fn unclassed() -> Self {
        Self
    }

    pub(crate) const fn named(_name: &'static str) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn acquire<G>(
        &self,
        _attempt_fast: impl FnOnce() -> Option<G>,
        _attempt: impl FnOnce() -> Option<G>,
        wait: impl FnOnce() -> G,
    ) -> G {
        wait()
    }

    #[inline(always)]
    pub(crate) fn refuse_reentry(
        &self,
        _advice: impl FnOnce(Option<&str>, Option<&str>) -> String,
    ) {
    }

    #[inline(always)]
    pub(crate) fn refuse_if_held_below(&self, _holder: Option<TaskId>) {}

    #[inline(always)]
    pub(crate) fn used(&self) {}

    #[inline(always)]
    pub(crate) fn tried(&self) {}

    #[inline(always)]
    pub(crate) fn wait_within<G>(
        &self,
        _attempt: impl FnOnce() -> Option<G>,
        wait: impl FnOnce() -> Option<G>,
    ) -> Option<G> {
        wait()
    }

    #[inline(always)]
    pub(crate) fn acquired(&self) {}

    #[inline(always)]
    pub(crate) fn acquired_at_once(&self) {}

    #[inline(always)]
    pub(crate) fn reacquired(&self) {}

    #[inline(always)]
    pub(crate) fn released_fast(&self) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn release(&self, unlock: impl FnOnce()) {
        unlock();
    }

    pub(crate) fn since(&self) -> String {
        String::new()
    }

    pub(crate) fn label(&self) -> Option<String> {
        None
    }

    pub(crate) fn debug_fields(&self, _fields: &mut fmt::DebugStruct<'_, '_>) {}
}
