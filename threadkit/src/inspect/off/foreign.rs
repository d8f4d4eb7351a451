//! Locks of other libraries, of which this form notes nothing.

use core::marker::PhantomData;

use crate::inspect::Foreign;

/// A lock that an attribute is about to acquire.
pub(crate) struct Wanted(());

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub struct Note(PhantomData<*mut ()>);

impl Wanted {
    #[inline(always)]
    pub(crate) fn here(_lock: impl FnOnce() -> Option<Foreign>) -> Self {
        Self(())
    }

    #[inline(always)]
    pub(crate) fn all_here<const N: usize>(
        _locks: impl FnOnce() -> [Option<Foreign>; N],
    ) -> [Self; N] {
        [const { Self(()) }; N]
    }

    #[inline(always)]
    pub(crate) fn waits(self) -> Self {
        self
    }

    #[inline(always)]
    pub(crate) fn acquired(self) -> Note {
        Note(PhantomData)
    }
}
