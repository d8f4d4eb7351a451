//! What the current thread runs beside being a thread: tasks with stop tokens of their own.

use core::cell::RefCell;
use core::ptr;
use std::sync::Arc;

use crate::wait::StopToken;

/// What can be stopped by itself, on whatever thread it runs.
pub(crate) trait Stoppable: Send + Sync {
    fn stop_token(&self) -> StopToken;
}

thread_local! {
    /// Each in the midst of the one before.
    static RUNNING: RefCell<Vec<Arc<dyn Stoppable>>> = const { RefCell::new(Vec::new()) };
}

/// The current thread runs that task until this is dropped.
pub(crate) struct Running(());

impl Running {
    pub(crate) fn new(task: Arc<dyn Stoppable>) -> Self {
        RUNNING.with_borrow_mut(|running| running.push(task));
        Self(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Dropped after the cell is free again: it may be the last owner of the task.
        let _over = RUNNING.with_borrow_mut(Vec::pop);
    }
}

/// Whether the current thread runs that task, or one in its midst.
pub(crate) fn is_running_here(task: &dyn Stoppable) -> bool {
    let is_there = |running: &RefCell<Vec<Arc<dyn Stoppable>>>| {
        running
            .borrow()
            .iter()
            .any(|other| ptr::addr_eq(&**other, task))
    };
    // While thread-locals are destroyed, no task runs here any more.
    RUNNING.try_with(is_there).unwrap_or(false)
}

/// The token of the task that runs on this thread, if one does.
pub(super) fn stop_token() -> Option<StopToken> {
    let task = RUNNING.try_with(|running| running.borrow().last().cloned());
    task.ok().flatten().map(|task| task.stop_token())
}
