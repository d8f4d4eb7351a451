//! The order in which locks are acquired, which this form does not look at.

use crate::inspect::OrderViolation;

/// The locks that were acquired in different orders so far, so that threads could wait for each other.
///
/// There is none in release builds of threadkit without the feature `inspect`.
#[must_use]
pub fn order_violations() -> Vec<OrderViolation> {
    Vec::new()
}

/// The locks that were acquired in different orders, where that cannot lead to a deadlock.
///
/// There is none in release builds of threadkit without the feature `inspect`.
#[must_use]
pub fn prevented_order_violations() -> Vec<OrderViolation> {
    Vec::new()
}

/// What comes before something that begins and ends, which this form does not note.
#[derive(Debug)]
pub(crate) struct Precedence;

impl Precedence {
    #[inline(always)]
    pub(crate) fn here() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn adopt(&self) {}

    #[inline(always)]
    pub(crate) fn enter(&self) -> Entered {
        Entered
    }

    #[inline(always)]
    pub(crate) fn end(&self) {}

    #[inline(always)]
    pub(crate) fn add(&self, _other: &Self) {}

    #[inline(always)]
    pub(crate) fn join(&self) {}
}

/// The current thread runs something that it will end.
#[derive(Debug)]
pub(crate) struct Entered;

#[inline(always)]
pub(crate) fn runs_tasks_in_order() {}

/// A domain of its own, for one run of an exploration.
pub(crate) struct OwnOrder;

impl OwnOrder {
    pub(crate) fn begin() -> Self {
        Self
    }

    pub(crate) fn end(self) -> Option<OrderViolation> {
        None
    }
}
