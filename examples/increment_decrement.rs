//! Two ways to run code under a lock, where Python has `with lock:`.
//!
//! One thread increments a variable in a closure that it passes to `with`. Another thread
//! decrements it in a function that `#[synchronized]` runs under the lock. Prints 0, in whichever
//! order the threads run.

use threadkit::prelude::*;

static SHARED_VARIABLE: Lock<i32> = Lock::new(0);

fn increment_variable() {
    SHARED_VARIABLE.with(|shared_variable| *shared_variable += 1);
}

#[synchronized(shared_variable = SHARED_VARIABLE)]
fn decrement_variable() {
    *shared_variable -= 1;
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    let thread1 = Thread::new(increment_variable).start();
    let thread2 = Thread::new(decrement_variable).start();

    thread1.join()?;
    thread2.join()?;

    println!("Shared variable: {}", SHARED_VARIABLE.acquire());
    Ok(())
}
