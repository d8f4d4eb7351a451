//! The form without delays.

/// Delays: there are none.
#[cfg(not(feature = "explore"))]
pub(crate) struct Jitter(());

#[cfg(not(feature = "explore"))]
impl Jitter {
    pub(crate) fn new() -> Self {
        Self(())
    }
}

#[inline(always)]
pub(crate) fn yield_point() {}
