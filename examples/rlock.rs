//! A lock that its holder can acquire again.
//!
//! A transfer to savings is a withdrawal and a deposit, each of which acquires the lock. The
//! transfer acquires it as well, so that no other thread sees the money between the two. Four
//! threads save while `main` watches. Prints where the money is, and that it was never anywhere
//! else.

use std::cell::Cell;
use threadkit::prelude::*;

/// The holder of an `RLock` may have several guards, so a guard gives `&T`. Hence the cells.
struct Bank {
    checking: Cell<u64>,
    savings: Cell<u64>,
}

static BANK: RLock<Bank> = RLock::new(Bank {
    checking: Cell::new(10_000),
    savings: Cell::new(0),
});

fn withdraw(amount: u64) {
    BANK.with(|bank| bank.checking.update(|money| money - amount));
}

fn deposit(amount: u64) {
    BANK.with(|bank| bank.savings.update(|money| money + amount));
}

fn save(amount: u64) {
    let _bank = BANK.acquire();
    withdraw(amount);
    deposit(amount);
}

fn total() -> u64 {
    BANK.with(|bank| bank.checking.get() + bank.savings.get())
}

fn main() -> Result<(), JoinError> {
    let savers =
        [1, 1, 2, 4].map(|euros| threadkit::spawn(move || (0..1000).for_each(|_| save(euros))));

    let mut always = true;
    while !savers.iter().all(JoinHandle::is_finished) {
        always &= total() == 10_000;
    }
    threadkit::join_all(savers)?;

    let bank = BANK.acquire();
    println!(
        "checking: {}, savings: {}",
        bank.checking.get(),
        bank.savings.get()
    );
    println!("the total was always the same: {always}");
    Ok(())
}
