//! A type of thread.
//!
//! `#[thread]` turns a struct with a method `run` into a type of thread. Prints one line, from the
//! thread. `#[threadkit::main]` waits for it, as Python does.

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
