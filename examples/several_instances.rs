//! Two threads of one type, at the same time.
//!
//! Here `#[thread]` stands on the impl block, which can do all that the short form on the struct
//! does, and more: it reads from `run` what the thread returns. Prints a line from each.

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
