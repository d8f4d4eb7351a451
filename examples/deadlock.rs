//! What threadkit prints when threads wait for each other.
//!
//! Two threads hold a lock each, and want the other's. A debug build finds that within two seconds. The
//! program prints the report to standard output, and ends. Without `on_deadlock` the report would go to standard error,
//! and the program would keep hanging. With `lock_all((&SAVINGS, &CHECKING))` in both threads there is no deadlock.
//!
//! Prints the report. A release build without the feature `inspect` has none, and says so.

use std::process;
use threadkit::Barrier;
use threadkit::inspect::{Deadlock, Policy, on_deadlock};
use threadkit::prelude::*;

static SAVINGS: Lock<i64> = Lock::named("savings", 100);
static CHECKING: Lock<i64> = Lock::named("checking", 100);
static BOTH_HOLD_ONE: Barrier = Barrier::new(2);

#[thread(name = "saver")]
fn save() {
    let mut checking = CHECKING.acquire();
    let _ = BOTH_HOLD_ONE.wait();
    *SAVINGS.acquire() += 10;
    *checking -= 10;
}

#[thread(name = "spender")]
fn spend() {
    let mut savings = SAVINGS.acquire();
    let _ = BOTH_HOLD_ONE.wait();
    *CHECKING.acquire() += 10;
    *savings -= 10;
}

fn show(deadlock: &Deadlock) {
    println!("{deadlock}");
    process::exit(0);
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    if !cfg!(debug_assertions) {
        println!("run a debug build");
        return Ok(());
    }
    on_deadlock(Policy::Call(show));
    let threads = [save(), spend()];
    threadkit::join_all(threads)?;
    Ok(())
}
