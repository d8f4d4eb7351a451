//! Nothing hides the compiler's warnings about the user's own code.
#![deny(warnings)]

use threadkit::prelude::*;

static LOCK: Lock<u8> = Lock::new(0);

#[synchronized(guard = LOCK)]
fn unused(parameter: u8) -> u8 {
    let local = 1;
    let mut unchanged = 2;
    return (unchanged);
}

#[thread]
fn unused_in_thread(parameter: u8, mut unchanged: u8, stop: &StopToken) -> u8 {
    let local = 1;
    unchanged;
    Ok::<u8, u8>(1);
    unreachable!();
    2
}

struct Worker;

#[thread]
impl Worker {
    fn run(self) {
        let local = 1;
    }
}

#[threadkit::main]
fn main() {
    let local = 1;
    unused(1);
    unused_in_thread(1, 2);
    Worker.start();
}
