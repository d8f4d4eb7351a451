//! Two threads of one type, at the same time.
//!
//! Here `#[thread]` stands on the impl block. That form can do all that the short form on the
//! struct can, and it reads the result type from `run`. Prints a line from each thread.

use threadkit::prelude::*;

struct MyThread;

#[thread]
impl MyThread {
    fn run(&mut self) {
        println!("Hello from a thread!");
    }
}

#[threadkit::main]
fn main() {
    let thread1 = MyThread;
    let thread2 = MyThread;
    thread1.start();
    thread2.start();
}
