//! The form with delays.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::backend::fast_path::want_slow_path;
use crate::backend::random::random_below;

/// How many `Jitter`s there are.
static ASKED_FOR: AtomicUsize = AtomicUsize::new(0);

/// Asks for delays until it is dropped.
pub(crate) struct Jitter(());

impl Jitter {
    pub(crate) fn new() -> Self {
        ASKED_FOR.fetch_add(1, Ordering::Relaxed);
        want_slow_path(true);
        Self(())
    }
}

impl Drop for Jitter {
    fn drop(&mut self) {
        want_slow_path(false);
        ASKED_FOR.fetch_sub(1, Ordering::Relaxed);
    }
}

#[inline]
pub(crate) fn yield_point() {
    if ASKED_FOR.load(Ordering::Relaxed) != 0 {
        delay();
    }
}

/// Yields now and then.
#[cold]
fn delay() {
    if random_below(4) == 0 {
        thread::yield_now();
    }
}
