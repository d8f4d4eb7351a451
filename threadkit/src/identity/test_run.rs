//! The threads of one test body.

use core::cell::Cell;
use core::sync::atomic::{AtomicU64, Ordering};

use crate::local::local;

/// A test body and all threads that it starts, and that these start, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TestRun(u64);

local! {
    static CURRENT: Cell<TestRun> = const { Cell::new(TestRun::NONE) };
}

impl TestRun {
    /// The test run of all threads that no test body has started.
    pub(crate) const NONE: Self = Self(0);

    /// A test run without members.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The test run of the current thread, which the threads that it starts inherit.
    pub(crate) fn current() -> Self {
        CURRENT.get()
    }

    /// Makes the current thread a member.
    pub(crate) fn make_current(self) {
        CURRENT.set(self);
    }
}
