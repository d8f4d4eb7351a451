//! A guard stays on its thread.

use threadkit::Lock;

static LOCK: Lock<u32> = Lock::new(0);

fn main() {
    let guard = LOCK.acquire();
    threadkit::spawn(move || drop(guard)).join().unwrap();
}
