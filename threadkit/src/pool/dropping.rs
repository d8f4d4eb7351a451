//! The pools of the tasks that the current thread drops without running them.

use core::cell::RefCell;
use core::mem::ManuallyDrop;

use crate::local::local;
use crate::nested::Nested;

local! {
    /// Never dropped: tasks may be dropped while other thread-locals are being destroyed.
    static POOLS: ManuallyDrop<RefCell<Nested<usize>>> =
        const { ManuallyDrop::new(RefCell::new(Nested::new())) };
}

/// The current thread drops what a task has captured, and the task has not ended, until this is dropped.
///
/// So the end of the task's pool depends on this thread, as it does on a thread that runs a task. What is dropped may
/// be the last handle of the pool, and a wait for its end would never end here.
pub(super) struct Dropping(());

impl Dropping {
    /// `pool` is the address of the pool.
    pub(super) fn of(pool: usize) -> Self {
        POOLS.with(|pools| pools.borrow_mut().begin(pool));
        Self(())
    }
}

impl Drop for Dropping {
    fn drop(&mut self) {
        let _pool = POOLS.with(|pools| pools.borrow_mut().end());
    }
}

/// Whether the current thread drops a task of the pool at that address.
pub(super) fn is_dropping(pool: usize) -> bool {
    POOLS.with(|pools| pools.borrow().iter().any(|other| *other == pool))
}
