//! The form without coroutines.

use std::io;

/// Whether there are coroutines on this system.
pub(in crate::backend::explored) const ARE_THERE: bool = false;

pub(in crate::backend::explored) fn add(
    _task: usize,
    _stack_size: Option<usize>,
    _main: Box<dyn FnOnce()>,
) -> io::Result<()> {
    unreachable!("the tasks are threads of the system")
}

pub(in crate::backend::explored) fn resume(_task: usize) {
    unreachable!("the tasks are threads of the system")
}

pub(in crate::backend::explored) fn suspend() {
    unreachable!("the tasks are threads of the system")
}

pub(in crate::backend::explored) fn end_run() {
    unreachable!("the tasks are threads of the system")
}

pub(in crate::backend::explored) fn are_left() -> bool {
    unreachable!("the tasks are threads of the system")
}

/// The current thread, while it runs coroutines for itself.
pub(in crate::backend::explored) enum Here {}

impl Here {
    pub(in crate::backend::explored) fn new() -> Option<Self> {
        unreachable!("the tasks are threads of the system")
    }
}

pub(in crate::backend::explored) fn begin_apart() {
    unreachable!("the tasks are threads of the system")
}

pub(in crate::backend::explored) fn native_id() -> Option<u64> {
    unreachable!("the tasks are threads of the system")
}

/// Whether the current task unwinds.
pub(crate) fn is_unwinding() -> bool {
    std::thread::panicking()
}
