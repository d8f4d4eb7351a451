//! Running code of the program, and surviving its panics.
//!
//! Every function or destructor of the program that must not unwind through code of ours runs through
//! here. The panic hook has reported a panic by the time that it is caught. Code that needs the place of
//! the panic as well uses `panics::catch`, which stands on [`catch`].

use std::any::Any;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::process;

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Runs `f` and returns its panic as a value.
///
/// To drop the payload may panic as well: [`drop_quietly`] survives that.
#[inline]
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Payload> {
    // Unwind safety: `f` is used up, and other threads see what it left half done after any panic.
    panic::catch_unwind(AssertUnwindSafe(f))
}

/// Runs `f`; its panic is caught and dropped.
#[inline]
pub(crate) fn run_quietly(f: impl FnOnce()) {
    if let Err(payload) = catch(f) {
        drop_quietly(payload);
    }
}

/// Drops `value`; a panic of its destructor is caught and dropped.
#[inline]
pub(crate) fn drop_quietly<T>(value: T) {
    if let Err(payload) = catch(|| drop(value)) {
        // This payload may panic when it is dropped too, and so on. It is leaked instead.
        mem::forget(payload);
    }
}

/// Runs `f`; a panic ends the process.
///
/// For steps on which the soundness of other code relies. The panic hook still reports the panic.
#[inline]
pub(crate) fn abort_on_panic<T>(f: impl FnOnce() -> T) -> T {
    let abort = AbortOnDrop;
    let result = f();
    mem::forget(abort);
    result
}

/// Only unwinding drops it.
struct AbortOnDrop;

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct PanicsWhenDropped;

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            panic!("when dropped");
        }
    }

    #[test]
    fn a_panic_is_returned_with_its_payload() {
        assert_eq!(catch(|| 7).unwrap(), 7);
        let payload = catch(|| panic::panic_any(7_u8)).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&7_u8));
    }

    #[test]
    fn a_destructor_that_panics_is_survived() {
        drop_quietly(PanicsWhenDropped);
        run_quietly(|| drop(PanicsWhenDropped));
    }

    #[test]
    fn a_payload_that_panics_when_dropped_is_survived() {
        run_quietly(|| panic::panic_any(PanicsWhenDropped));
        let nested: Payload = Box::new(PanicsWhenDropped);
        drop_quietly(nested);
    }
}
