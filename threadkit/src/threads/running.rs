//! The tasks that the current thread runs, each with a stop token of its own.

use core::cell::RefCell;
use core::mem::ManuallyDrop;
use core::ptr::{self, NonNull};

use crate::local::local;
use crate::nested::Nested;
use crate::wait::StopToken;

/// A task that can be stopped separately from the thread that runs it.
pub(crate) trait Stoppable: Send + Sync {
    fn stop_token(&self) -> StopToken;
}

type Tasks = RefCell<Nested<NonNull<dyn Stoppable>>>;

local! {
    /// Each pointer is valid while it is here. Never dropped: tasks may run while other thread-locals are being
    /// destroyed.
    static RUNNING: ManuallyDrop<Tasks> = const { ManuallyDrop::new(RefCell::new(Nested::new())) };
}

/// Calls `f`, during which the current thread runs that task.
pub(crate) fn run_as<R>(task: &(dyn Stoppable + 'static), f: impl FnOnce() -> R) -> R {
    RUNNING.with(|running| running.borrow_mut().begin(NonNull::from(task)));
    let _running = Running(());
    f()
}

/// Takes the innermost task out when it is dropped.
struct Running(());

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.with(|running| running.borrow_mut().end());
    }
}

/// Whether the current thread runs that task: as the innermost, or interrupted by another one.
pub(crate) fn is_running_here(task: &dyn Stoppable) -> bool {
    let is_it = |other: &NonNull<dyn Stoppable>| ptr::addr_eq(other.as_ptr(), task);
    RUNNING.with(|running| running.borrow().iter().any(is_it))
}

/// The token of the innermost task that runs on this thread, if one does.
pub(super) fn stop_token() -> Option<StopToken> {
    let task = RUNNING.with(|running| running.borrow().innermost().copied());
    // SAFETY: `run_as` has a shared reference to the task from before the pointer gets here until after it is taken
    // out, also by unwinding. It runs on this thread, further up the stack, so it does not return before this call
    // does.
    task.map(|task| unsafe { task.as_ref() }.stop_token())
}
