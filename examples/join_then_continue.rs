//! The main thread waits for another one, then goes on.
//!
//! Prints a line from the thread, and after it one from `main`. The thread sleeps as a stand-in for
//! work that takes a while: a fifth of a second, so that you need not wait long.

use std::time::Duration;
use threadkit::prelude::*;

fn target_function() {
    threadkit::sleep(Duration::from_millis(200));
    println!("Finished executing target function.");
}

fn main() -> Result<(), JoinError> {
    let thread = Thread::new(target_function).start();
    thread.join()?;
    println!("Main thread continues after joining the thread.");
    Ok(())
}
