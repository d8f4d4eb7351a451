use threadkit::prelude::*;

use std::sync::Arc;

// Word for word from Python, where it runs, and prints 0: each thread counts in a number of its own.
fn increment(counter: u32, lock: Arc<Lock>) {
    for _ in 0..10_000 {
        let guard = lock.acquire();
        counter += 1;
        guard.release();
    }
}

fn main() {
    let counter = 0;
    let lock = Arc::new(Lock::new(()));
    let (first, second) = (lock.clone(), lock);
    let first = threadkit::spawn(move || increment(counter, first));
    let second = threadkit::spawn(move || increment(counter, second));
    first.join().unwrap();
    second.join().unwrap();
    println!("{counter}");
}
