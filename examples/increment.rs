//! Two threads that share a counter behind a lock.
//!
//! Each increments it 10,000 times, between `acquire` and `release`. Prints 20000.

use std::sync::Arc;
use threadkit::prelude::*;

fn increment(counter: &Lock<u32>) {
    for _ in 0..10_000 {
        let mut value = counter.acquire();
        *value += 1;
        value.release();
    }
}

fn main() -> Result<(), JoinError> {
    let counter = Arc::new(Lock::new(0));

    let mut threads = Vec::new();
    for _ in 0..2 {
        let counter = Arc::clone(&counter);
        threads.push(threadkit::spawn(move || increment(&counter)));
    }
    for thread in threads {
        thread.join()?;
    }
    println!("Counter value: {}", counter.acquire());
    Ok(())
}
