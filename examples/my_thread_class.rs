//! A type of thread.
//!
//! `#[thread]` makes a struct with a method `run` something to be started. Prints one line, from the
//! thread; `#[threadkit::main]` waits for it, as Python does.

use threadkit::prelude::*;

#[thread]
struct MyThread;

impl MyThread {
    fn run(&mut self) {
        println!("Hello from a thread!");
    }
}

#[threadkit::main]
fn main() {
    let thread = MyThread;
    thread.start();
}
