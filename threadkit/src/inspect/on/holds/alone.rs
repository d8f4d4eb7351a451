//! Notes that a global allocator must not disturb.

use core::cell::Cell;

use crate::local::local;

local! {
    /// Whether this thread makes a note that may allocate. A global allocator may try for locks itself, and so come
    /// back here; those locks are not noted.
    static IS_NOTING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f`, unless this thread does so already.
pub(crate) fn alone<R>(f: impl FnOnce() -> R) -> Option<R> {
    if IS_NOTING.replace(true) {
        return None;
    }
    let result = f();
    IS_NOTING.set(false);
    Some(result)
}
