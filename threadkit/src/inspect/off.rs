//! The form that compiles to nothing.

use core::fmt;
use core::time::Duration;

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
    pub(crate) fn asked_for(&self) {}

    #[inline(always)]
    pub(crate) fn acquired(&self) {}

    #[inline(always)]
    pub(crate) fn released(&self) {}

    pub(crate) fn label(&self) -> Option<String> {
        None
    }

    pub(crate) fn debug_fields(&self, _fields: &mut fmt::DebugStruct<'_, '_>) {}
}

/// Says that the current thread starts to wait; what it returns ends that when dropped.
#[inline(always)]
pub(crate) fn waiting(_what: &'static str) {}

/// How long an exit waits before it says for whom: it never does.
pub(crate) const fn patience_over() -> Option<Duration> {
    None
}
