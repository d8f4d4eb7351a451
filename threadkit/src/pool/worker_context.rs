//! Whose worker the current thread is.

use core::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::shared::Shared;
use crate::threads;
use crate::wait::{StopSource, StopToken};

thread_local! {
    static CONTEXT: RefCell<Option<Rc<WorkerContext>>> = const { RefCell::new(None) };
}

/// What a worker knows of itself.
pub(super) struct WorkerContext {
    pub(super) pool: Arc<Shared>,
    /// Stopped with the thread, and so are the tasks that run on it.
    token: StopToken,
    /// An address near the beginning of its stack.
    top: usize,
    stack_size: usize,
}

impl WorkerContext {
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
    CONTEXT.set(Some(Rc::new(WorkerContext {
        pool,
        token,
        top,
        stack_size,
    })));
}

/// The current thread is a worker no longer.
pub(super) fn leave() {
    // Dropped after the cell is free again.
    let _seat = CONTEXT.take();
}

/// The context of the current thread, if it is a worker.
pub(super) fn current() -> Option<Rc<WorkerContext>> {
    CONTEXT
        .try_with(|context| context.borrow().clone())
        .ok()
        .flatten()
}

/// The context of the current thread, if it is a worker of that pool.
pub(super) fn at(pool: &Arc<Shared>) -> Option<Rc<WorkerContext>> {
    current().filter(|context| Arc::ptr_eq(&context.pool, pool))
}

/// Tells the pool whose worker this is where the running task of that key is stopped.
pub(super) fn announce(key: usize, source: &StopSource) {
    if let Some(context) = current() {
        let task = source.clone();
        let link = context.token.on_stop(move || {
            task.stop();
        });
        context.pool.announce(key, source, link);
    }
}

/// Tells the pool whose worker this is that the task of that key has ended.
pub(super) fn retract(key: usize) {
    if let Some(context) = current() {
        context.pool.retract(key);
    }
}
