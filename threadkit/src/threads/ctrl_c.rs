//! Ctrl-C as a request to stop.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use super::exit::stop_all;
use crate::backend;

/// The exit code that shells take for "ended by Ctrl-C": 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

/// Makes the first Ctrl-C stop every thread, and the second end the process.
///
/// The first calls [`stop_all`]: waits with a token end, and `main` can return with its own exit code. If that
/// takes too long, the second ends the process at once with exit code 130, as an interrupted program does.
///
/// [`#[threadkit::main(ctrl_c = stop)]`](macro@crate::main) calls this before the body of `main`. Another call
/// does nothing. It needs the feature `ctrl_c`.
///
/// # Differences from Python
///
/// Python raises `KeyboardInterrupt` in the main thread, wherever that is, and leaves the other threads alone.
/// Here all threads are stopped, and each notices the stop where it checks its token.
///
/// # Panics
///
/// If the program has set a handler of its own by the `ctrlc` crate, or the system refuses the handler. A
/// program that does more on Ctrl-C sets its own handler, which calls [`stop_all`].
///
/// # Examples
///
/// ```
/// # #[cfg(unix)]
/// # fn press_ctrl_c() {
/// #     let kill = format!("kill -INT {}", std::process::id());
/// #     assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
/// # }
/// # #[cfg(not(unix))]
/// # fn press_ctrl_c() {
/// #     threadkit::stop_all();
/// # }
/// threadkit::stop_on_ctrl_c();
/// let server = threadkit::spawn(|| {
///     threadkit::stop_token().wait(); // until Ctrl-C
///     "tidied up"
/// });
/// # press_ctrl_c();
/// assert_eq!(server.join().unwrap(), "tidied up");
/// ```
#[track_caller]
pub fn stop_on_ctrl_c() {
    static SET: AtomicBool = AtomicBool::new(false);
    static PRESSED: AtomicBool = AtomicBool::new(false);

    if SET.swap(true, Ordering::Relaxed) {
        return;
    }
    let set = ctrlc::set_handler(|| {
        if PRESSED.swap(true, Ordering::Relaxed) {
            process::exit(INTERRUPTED);
        }
        // On a thread of its own: callbacks of the stop may take long, and the second Ctrl-C must not wait.
        if backend::spawn("ctrl-c".to_owned(), None, stop_all).is_err() {
            stop_all();
        }
    });
    if let Err(error) = set {
        SET.store(false, Ordering::Relaxed);
        panic!("cannot listen for Ctrl-C: {error}");
    }
}
