//! The callbacks of tasks that have ended, in a loop and not one inside the other.

use core::cell::RefCell;
use core::mem::ManuallyDrop;
use std::collections::VecDeque;

use super::ending::Ending;
use crate::unwind::run_quietly;

/// What [`on_done`](crate::Task::on_done) registers.
pub(super) type Callback = Box<dyn FnOnce(Ending) + Send>;

/// The callbacks that the current thread has yet to call; `None` if it calls none.
type Due = Option<VecDeque<(Callback, Ending)>>;

thread_local! {
    /// Never dropped, and empty while no callback runs: tasks may end while other thread-locals are being destroyed.
    static DUE: ManuallyDrop<RefCell<Due>> = const { ManuallyDrop::new(RefCell::new(None)) };
}

/// Calls the callbacks of a task, in their order. If the task was ended by a callback, they are called when that one
/// and those that are due already have returned. So a chain of tasks, each of which cancels the next when it ends,
/// needs no more stack than one of them.
pub(super) fn call(callbacks: Vec<Callback>, ending: Ending) {
    if callbacks.is_empty() {
        return;
    }
    let is_outermost = DUE.with(|due| {
        let mut due = due.borrow_mut();
        let is_outermost = due.is_none();
        let callbacks = callbacks.into_iter().map(|callback| (callback, ending));
        due.get_or_insert_default().extend(callbacks);
        is_outermost
    });
    if !is_outermost {
        return;
    }
    let next = || DUE.with(|due| due.borrow_mut().as_mut()?.pop_front());
    while let Some((callback, ending)) = next() {
        run_quietly(|| callback(ending));
    }
    let _empty = DUE.with(|due| due.take());
}

/// Until this is dropped, the current thread runs a task inline. Its callbacks are called when it ends, also if a
/// callback waits for it, which may depend on what they do.
pub(super) struct Apart(Due);

impl Apart {
    pub(super) fn new() -> Self {
        Self(DUE.with(|due| due.take()))
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        let interrupted = self.0.take();
        let _none = DUE.with(|due| due.replace(interrupted));
    }
}
