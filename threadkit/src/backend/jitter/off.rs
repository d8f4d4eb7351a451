//! The form without delays.

/// Asks for delays, of which this form has none.
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
