//! Threads that change one variable, between `acquire` and `release`.
//!
//! The lock owns the variable. Code reaches it only through what `acquire` returns, so it cannot
//! forget to lock. Prints 2.

use threadkit::prelude::*;

static SHARED_VARIABLE: Lock<u32> = Lock::new(0);

struct MyThread;

#[thread]
impl MyThread {
    fn run(&mut self) {
        let mut shared_variable = SHARED_VARIABLE.acquire();
        *shared_variable += 1;
        shared_variable.release();
    }
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    let thread1 = MyThread.start();
    let thread2 = MyThread.start();

    thread1.join()?;
    thread2.join()?;

    println!("{}", SHARED_VARIABLE.acquire());
    Ok(())
}
