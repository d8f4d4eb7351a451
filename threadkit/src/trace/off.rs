//! The form without the feature, which compiles to nothing.

use core::fmt::Display;
use core::time::Duration;

/// A span on its way to another thread: there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carried;

impl Carried {
    #[inline(always)]
    pub(crate) fn here() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn enter(self) -> Entered {
        Entered
    }

    #[inline(always)]
    pub(crate) fn within<T>(&self, f: impl FnOnce() -> T) -> T {
        f()
    }
}

/// Whether the program listens to spans and events.
#[allow(dead_code, reason = "asked only before coroutines run")]
#[inline(always)]
pub(crate) fn is_heard() -> bool {
    false
}

// Every task and every timer has room for one.
const _: () = assert!(size_of::<Carried>() == 0);

/// The current thread is in no span.
#[must_use = "dropping it leaves the span"]
pub(crate) struct Entered;

#[inline(always)]
pub(crate) fn outside<T>(f: impl FnOnce() -> T) -> T {
    f()
}

#[inline(always)]
pub(crate) fn panicked(_thread: &str, _message: &str, _place: Option<&dyn Display>) {}

#[inline(always)]
pub(crate) fn contention(
    _place: &dyn Display,
    _lock: &str,
    _counts: [u64; 2],
    _times: [Duration; 5],
) {
}

#[inline(always)]
pub(crate) fn unjoined(_thread: &str, _failure: &dyn Display) {}
