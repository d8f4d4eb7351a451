//! A thread that knows its name.
//!
//! Prints the name that a thread gets when nobody gives it one: its number, and the function it
//! runs.

use threadkit::prelude::*;

fn my_func() {
    println!("Hello from thread {}", threadkit::current().name());
}

fn main() -> Result<(), JoinError> {
    let thread = Thread::new(my_func).start();
    thread.join()
}
