//! The tasks that the current thread runs, each with a stop token of its own.

use core::cell::RefCell;
use core::mem::ManuallyDrop;
use core::ptr;
use std::sync::Arc;

use crate::nested::Nested;
use crate::wait::StopToken;

/// A task that can be stopped separately from the thread that runs it.
pub(crate) trait Stoppable: Send + Sync {
    fn stop_token(&self) -> StopToken;
}

type Tasks = RefCell<Nested<Arc<dyn Stoppable>>>;

thread_local! {
    /// Never dropped: tasks may run while other thread-locals are being destroyed.
    static RUNNING: ManuallyDrop<Tasks> = const { ManuallyDrop::new(RefCell::new(Nested::new())) };
}

/// The current thread runs that task until this is dropped.
pub(crate) struct Running(());

impl Running {
    pub(crate) fn new(task: Arc<dyn Stoppable>) -> Self {
        RUNNING.with(|running| running.borrow_mut().begin(task));
        Self(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Dropped after the cell is free again: it may be the last owner of the task.
        let _over = RUNNING.with(|running| running.borrow_mut().end());
    }
}

/// Whether the current thread runs that task: as the innermost, or interrupted by another one.
pub(crate) fn is_running_here(task: &dyn Stoppable) -> bool {
    let is_it = |other: &Arc<dyn Stoppable>| ptr::addr_eq(&**other, task);
    RUNNING.with(|running| running.borrow().iter().any(is_it))
}

/// The token of the innermost task that runs on this thread, if one does.
pub(super) fn stop_token() -> Option<StopToken> {
    let task = RUNNING.with(|running| running.borrow().innermost().cloned());
    task.map(|task| task.stop_token())
}
