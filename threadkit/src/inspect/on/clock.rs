//! The clock of all notes. Those of locks read it only while a recording or a report needs the time.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::OnceLock;
use std::time::Instant;

use crate::backend::want_slow_path;

/// How many recordings and reports need times. Without any, no clock is read.
static TIMED: AtomicUsize = AtomicUsize::new(0);

#[inline(always)]
pub(super) fn wants_times() -> bool {
    // Relaxed: an event more or less at the edge of a recording makes no difference.
    TIMED.load(Ordering::Relaxed) > 0
}

/// One more, or no longer one, wants to know the times.
pub(super) fn want_times(more: bool) {
    want_slow_path(more);
    match more {
        true => TIMED.fetch_add(1, Ordering::Relaxed),
        false => TIMED.fetch_sub(1, Ordering::Relaxed),
    };
}

/// The time in nanoseconds since this was first called, and never zero; zero if nothing wants to know.
#[inline(always)]
pub(super) fn now() -> u64 {
    match wants_times() {
        true => read(),
        false => 0,
    }
}

/// The time in nanoseconds since this or [`now`] was first called, and never zero.
#[cold]
pub(super) fn read() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let since = START.get_or_init(Instant::now).elapsed().as_nanos();
    u64::try_from(since).unwrap_or(u64::MAX).saturating_add(1)
}
