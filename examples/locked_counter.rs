//! Five threads that increment one counter 100,000 times each, under its lock.
//!
//! Without the lock, increments would be lost. In Rust, a counter that threads share without a lock
//! does not compile. Prints 500000.

use threadkit::prelude::*;

static COUNTER: Lock<u64> = Lock::new(0);

fn increment() {
    for _ in 0..100_000 {
        COUNTER.with(|counter| *counter += 1);
    }
}

fn main() -> Result<(), JoinError> {
    let threads: Vec<_> = (0..5).map(|_| threadkit::spawn(increment)).collect();
    threadkit::join_all(threads)?;
    println!("Counter value: {}", COUNTER.acquire());
    Ok(())
}
