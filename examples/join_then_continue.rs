//! The main thread waits for another thread, then goes on.
//!
//! Prints a line from the thread, and after it a line from `main`. The thread sleeps for a fifth of
//! a second as a stand-in for work.

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
