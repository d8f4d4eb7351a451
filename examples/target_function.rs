//! A thread that runs a target function.
//!
//! Prints one line, from the thread. No code joins it: `#[threadkit::main]` waits for every thread
//! before the process ends, as Python does.

use threadkit::prelude::*;

fn target_function() {
    println!("This is a target function executed by a thread.");
}

#[threadkit::main]
fn main() {
    let thread = Thread::new(target_function);
    thread.start();
}
