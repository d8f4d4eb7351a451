//! The form with delays.

use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::backend::task_id;

/// How many ask for delays at this moment.
static ASKED_FOR: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static RANDOM: Cell<u64> = const { Cell::new(0) };
}

/// Delays, for as long as this lives.
pub(crate) struct Jitter(());

impl Jitter {
    pub(crate) fn new() -> Self {
        ASKED_FOR.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Jitter {
    fn drop(&mut self) {
        ASKED_FOR.fetch_sub(1, Ordering::Relaxed);
    }
}

#[inline]
pub(crate) fn yield_point() {
    if ASKED_FOR.load(Ordering::Relaxed) != 0 {
        delay();
    }
}

/// Now and then offers the core to another thread.
#[cold]
fn delay() {
    let mut random = RANDOM.get();
    if random == 0 {
        random = task_id().get().wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    }
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    RANDOM.set(random);
    if random.is_multiple_of(4) {
        thread::yield_now();
    }
}
