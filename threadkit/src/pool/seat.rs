//! Whose worker the current thread is.

use core::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::shared::Shared;
use crate::threads;
use crate::wait::{StopSource, StopToken};

thread_local! {
    static SEAT: RefCell<Option<Rc<Seat>>> = const { RefCell::new(None) };
}

/// What a worker knows of itself.
pub(super) struct Seat {
    pub(super) pool: Arc<Shared>,
    /// Stopped with the thread, and so are the tasks that run on it.
    token: StopToken,
    /// An address near the beginning of its stack.
    top: usize,
    stack_size: usize,
}

impl Seat {
    /// Whether the stack still has room for a task: half of what a task finds on a worker that has
    /// nothing else to do.
    pub(super) fn has_room(&self) -> bool {
        self.top.abs_diff(here()) < self.stack_size / 2
    }
}

/// An address near the end of the stack that is in use.
#[inline(never)]
fn here() -> usize {
    let local = 0_u8;
    core::ptr::from_ref(core::hint::black_box(&local)).addr()
}

/// Makes the current thread a worker of that pool.
pub(super) fn take(pool: Arc<Shared>, stack_size: usize) {
    let top = here();
    let token = threads::current().stop_token();
    SEAT.set(Some(Rc::new(Seat {
        pool,
        token,
        top,
        stack_size,
    })));
}

/// The current thread is a worker no longer.
pub(super) fn leave() {
    // Dropped after the cell is free again.
    let _seat = SEAT.take();
}

/// The seat of the current thread, if it is a worker.
pub(super) fn current() -> Option<Rc<Seat>> {
    SEAT.try_with(|seat| seat.borrow().clone()).ok().flatten()
}

/// The seat of the current thread, if it is a worker of that pool.
pub(super) fn at(pool: &Arc<Shared>) -> Option<Rc<Seat>> {
    current().filter(|seat| Arc::ptr_eq(&seat.pool, pool))
}

/// Tells the pool whose worker this is where the running task of that key is stopped.
pub(super) fn announce(key: usize, source: &StopSource) {
    if let Some(seat) = current() {
        let task = source.clone();
        let link = seat.token.on_stop(move || {
            task.stop();
        });
        seat.pool.announce(key, source, link);
    }
}

/// Tells the pool whose worker this is that the task of that key has ended.
pub(super) fn retract(key: usize) {
    if let Some(seat) = current() {
        seat.pool.retract(key);
    }
}
