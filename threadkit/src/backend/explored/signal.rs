//! The signal that gives a thread its turn.

use core::time::Duration;
use std::sync::{Condvar, Mutex, PoisonError};

/// Is set by one thread and waited for by another, which resets it.
///
/// The locks of the rest of the crate are those of parking_lot. This one is std's, because on most systems its two
/// operations are one call of the system each, and an exploration does little else.
pub(super) struct Signal {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    pub(super) const fn new() -> Self {
        Self {
            is_set: Mutex::new(false),
            changed: Condvar::new(),
        }
    }

    pub(super) fn set(&self) {
        *self.is_set.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }

    pub(super) fn wait(&self) {
        let mut is_set = self.is_set.lock().unwrap_or_else(PoisonError::into_inner);
        while !core::mem::take(&mut *is_set) {
            is_set = (self.changed.wait(is_set)).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for that time at most; returns whether the signal was set.
    pub(super) fn wait_timeout(&self, timeout: Duration) -> bool {
        let is_set = self.is_set.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = (self.changed).wait_timeout_while(is_set, timeout, |is_set| !*is_set);
        let (mut is_set, _) = waited.unwrap_or_else(PoisonError::into_inner);
        core::mem::take(&mut *is_set)
    }
}
