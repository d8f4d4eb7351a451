//! A thread that knows its name.
//!
//! Prints the default name of a thread: its number, and the function that it runs.

use threadkit::prelude::*;

fn my_func() {
    println!("Hello from thread {}", threadkit::current().name());
}

fn main() -> Result<(), JoinError> {
    let thread = Thread::new(my_func).start();
    thread.join()
}
