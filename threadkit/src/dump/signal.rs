//! A dump at a signal.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGQUIT;
use signal_hook::iterator::Signals;

use super::capture::dump;
use crate::inspect::{spawn_hidden, tell};
use crate::unwind;

/// Prints a [dump](fn@super::dump) to standard error at every SIGQUIT, and the program goes on, as a JVM does.
///
/// A terminal sends the signal for Ctrl-\\, and `kill -QUIT` does so from elsewhere. A thread of its own waits for the
/// signal and prints. After the first call, further calls do nothing. The feature `signals` adds this function, on
/// Unix.
///
/// # Differences from Python's `faulthandler.register`
///
/// The signal handler only wakes the thread, so the dump is not made inside of it.
///
/// # Errors
///
/// The error of the system if it has no room for another thread, or if the signal cannot be handled.
///
/// # Examples
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// threadkit::dump_on_sigquit()?;
/// # Ok(())
/// # }
/// ```
pub fn dump_on_sigquit() -> io::Result<()> {
    static IS_ON: AtomicBool = AtomicBool::new(false);
    // Relaxed: it only matters that one swap of all finds `false`.
    if IS_ON.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let started = Signals::new([SIGQUIT]).and_then(|mut signals| {
        spawn_hidden("threadkit-quit", move || {
            for _signal in signals.forever() {
                unwind::run_quietly(|| tell(&dump().to_string()));
            }
        })
    });
    if started.is_err() {
        IS_ON.store(false, Ordering::Relaxed);
    }
    started
}
