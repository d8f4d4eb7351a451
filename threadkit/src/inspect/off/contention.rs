//! Where threads wait for locks, which this form does not record.

use crate::inspect::Contention;

/// Begins to record contention, or ends it.
///
/// In release builds of threadkit without the feature `inspect` it does nothing.
pub fn record_contention(_on: bool) {}

/// What was recorded of contention so far.
///
/// Nothing, in release builds of threadkit without the feature `inspect`.
#[must_use]
pub fn contention() -> Contention {
    Contention::default()
}

/// Forgets what was recorded of contention so far.
///
/// In release builds of threadkit without the feature `inspect` it does nothing.
pub fn reset_contention() {}
