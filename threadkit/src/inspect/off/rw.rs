//! What is known of a readers-writer lock: nothing.

use core::fmt;

use super::waits::Waiting;
use crate::backend::Side;

/// The holders of a readers-writer lock, which this form does not know.
pub(crate) struct RwTag;

impl RwTag {
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
        _side: Side,
        _is_kept_out: &(dyn Fn() -> bool + Sync),
        _attempt: impl FnOnce() -> Option<G>,
        wait: impl FnOnce() -> G,
    ) -> G {
        wait()
    }

    #[inline(always)]
    pub(crate) fn refuse_upgrade(&self) {}

    #[inline(always)]
    pub(crate) fn used(&self) {}

    #[inline(always)]
    pub(crate) fn tried(&self) {}

    #[inline(always)]
    pub(crate) fn wait_within<G>(
        &self,
        _side: Side,
        _attempt: impl FnOnce() -> Option<G>,
        wait: impl FnOnce() -> Option<G>,
    ) -> Option<G> {
        wait()
    }

    #[inline(always)]
    pub(crate) fn waiting_to_upgrade(&self) -> Waiting<'_> {
        Waiting::NONE
    }

    #[inline(always)]
    pub(crate) fn upgrade<G>(&self, wait: impl FnOnce() -> G) -> G {
        wait()
    }

    #[inline(always)]
    pub(crate) fn acquired(&self, _side: Side) {}

    #[inline(always)]
    pub(crate) fn release(&self, _side: Side, unlock: impl FnOnce()) {
        unlock();
    }

    pub(crate) fn label(&self) -> Option<String> {
        None
    }

    pub(crate) fn debug_fields(&self, _fields: &mut fmt::DebugStruct<'_, '_>) {}
}
