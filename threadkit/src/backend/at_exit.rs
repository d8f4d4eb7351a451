//! A function that runs when the process ends.

use std::sync::OnceLock;

/// The function, if there is one.
static AT_EXIT: OnceLock<fn()> = OnceLock::new();

/// Runs `f` when `main` has returned or `exit` was called, on systems that have such a hook. Only the first call has an
/// effect.
///
/// Other threads may still run then, and what the main thread had in thread-locals is destroyed.
pub(crate) fn at_exit(f: fn()) {
    if AT_EXIT.set(f).is_ok() {
        system::call_at_exit();
    }
}

#[cfg(unix)]
mod system {
    use super::AT_EXIT;
    use crate::unwind;

    pub(super) fn call_at_exit() {
        // SAFETY: the function can be called at any time, also when the process ends, and never unwinds.
        unsafe { libc::atexit(run) };
    }

    extern "C" fn run() {
        if let Some(f) = AT_EXIT.get()
            && let Err(payload) = unwind::catch(f)
        {
            unwind::drop_quietly(payload);
        }
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn call_at_exit() {}
}
