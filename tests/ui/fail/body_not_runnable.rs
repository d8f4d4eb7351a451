//! A body must be something that can run.

use threadkit::Thread;

struct Idle;

fn main() {
    Thread::new(Idle).start();
    threadkit::spawn(|n: u32| n);
}
