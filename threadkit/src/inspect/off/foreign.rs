//! Locks of other libraries, of which this form notes nothing.

use core::marker::PhantomData;

use crate::inspect::Foreign;

/// The locks that an attribute is about to acquire.
pub(crate) struct Wanted;

/// What is held until this is dropped.
#[derive(Debug)]
pub struct Notes(PhantomData<*mut ()>);

impl Wanted {
    #[inline(always)]
    pub(crate) fn here(_lock: impl FnOnce() -> Option<Foreign>) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn all_here<const N: usize>(_locks: impl FnOnce() -> [Option<Foreign>; N]) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn waits(self) -> Self {
        self
    }

    #[inline(always)]
    pub(crate) fn acquired(self) {}
}

#[inline(always)]
pub(crate) fn note_foreign() -> Notes {
    Notes(PhantomData)
}
