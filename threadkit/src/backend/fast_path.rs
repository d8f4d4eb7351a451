//! Whether locks may take their fast path.

use core::sync::atomic::{AtomicUsize, Ordering};

/// How many users there are, such as a recording, for which a lock has to do more than acquire and release.
static USERS_OF_SLOW_PATH: AtomicUsize = AtomicUsize::new(0);

/// Whether a lock can leave out what explorations, random delays and recordings need, because there are none.
#[inline(always)]
pub(crate) fn is_fast() -> bool {
    // With the feature, a thread may run under an exploration.
    // Relaxed: an operation more or less at the edge of a recording makes no difference.
    !cfg!(feature = "explore") && USERS_OF_SLOW_PATH.load(Ordering::Relaxed) == 0
}

/// Adds a user of the slow path, or removes one.
pub(crate) fn want_slow_path(more: bool) {
    match more {
        true => USERS_OF_SLOW_PATH.fetch_add(1, Ordering::Relaxed),
        false => USERS_OF_SLOW_PATH.fetch_sub(1, Ordering::Relaxed),
    };
}
