//! What a thread that serves others does while it waits for threads.

use core::any::Any;
use core::cell::Cell;

use crate::local::local;

/// Called before a wait. What it returns is dropped after the wait.
type OnBlock = fn() -> Box<dyn Any>;

local! {
    static ON_BLOCK: Cell<Option<OnBlock>> = const { Cell::new(None) };
}

/// Sets what the current thread calls before it waits for threads or for a timer.
///
/// A worker of a pool sets it. The room of pools stands above this one, so nothing here can ask for workers.
pub(crate) fn set_on_block(on_block: Option<OnBlock>) {
    ON_BLOCK.set(on_block);
}

/// The current thread waits for threads or for a timer until the result is dropped.
pub(crate) fn blocked() -> Option<Box<dyn Any>> {
    ON_BLOCK.get().map(|on_block| on_block())
}
