//! What cannot run is not a body.

use threadkit::Thread;

struct Idle;

fn main() {
    Thread::new(Idle).start();
    threadkit::spawn(|n: u32| n);
}
