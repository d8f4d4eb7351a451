//! A bank: each account is a monitor, and transfers go between any two of them at the same time.
//!
//! An account is a plain type. `#[monitor]` makes a handle of it that threads share, whose methods run under one lock.
//! A withdrawal waits until there is enough money, and can have a limit. The rent is due before the salary has come, so
//! its withdrawal waits. No customer can pay for the yacht, so that order gives up.
//!
//! Prints the balance of each customer, what became of the yacht, and that no money was lost or made.

use std::mem;
use std::time::Duration;

use threadkit::prelude::*;
use threadkit::{TimedOut, lock_all, scope};

struct Account {
    owner: &'static str,
    balance: u64,
}

#[monitor(SharedAccount)]
impl Account {
    pub(crate) fn new(owner: &'static str, balance: u64) -> Self {
        Self { owner, balance }
    }

    pub(crate) fn deposit(&mut self, amount: u64) {
        self.balance += amount;
    }

    /// Waits until there is that much; `withdraw_timeout` waits for a limited time.
    #[when(self.balance >= amount, timeout)]
    pub(crate) fn withdraw(&mut self, amount: u64) {
        self.balance -= amount;
    }

    pub(crate) fn balance(&self) -> u64 {
        self.balance
    }

    pub(crate) fn owner(&self) -> &'static str {
        self.owner
    }
}

/// Waits for the money. Between the two steps it is on no account.
fn transfer(from: &SharedAccount, to: &SharedAccount, amount: u64) {
    from.withdraw(amount);
    to.deposit(amount);
}

/// Takes all that there is, in one step: both accounts are locked, in any order and without deadlock.
fn transfer_all(from: &SharedAccount, to: &SharedAccount) {
    let (mut from, mut to) = lock_all((from.monitor(), to.monitor()));
    to.balance += mem::take(&mut from.balance);
}

fn try_transfer(
    from: &SharedAccount,
    to: &SharedAccount,
    amount: u64,
    limit: Duration,
) -> Result<(), TimedOut> {
    from.withdraw_timeout(amount, limit)?;
    to.deposit(amount);
    Ok(())
}

fn main() {
    let ada = SharedAccount::new("Ada", 0);
    let grace = SharedAccount::new("Grace", 500);
    let landlord = SharedAccount::new("the landlord", 100);
    let company = SharedAccount::new("the company", 1000);

    let yacht = scope(|s| {
        s.spawn(|| transfer(&ada, &landlord, 300)); // the rent: Ada has nothing yet
        s.spawn(|| transfer(&company, &ada, 400)); // her salary
        for _ in 0..10 {
            s.spawn(|| transfer(&grace, &ada, 10));
            s.spawn(|| transfer(&ada, &grace, 10));
        }
        let yacht =
            s.spawn(|| try_transfer(&grace, &company, 1_000_000, Duration::from_millis(20)));
        yacht.join().expect("a refusal is no panic")
    }); // all transfers have ended here

    // Grace and Ada move in with each other, and close an account.
    transfer_all(&grace, &ada);

    let accounts = [&ada, &grace, &landlord, &company];
    for account in accounts {
        println!("{} has {}", account.owner(), account.balance());
    }
    println!(
        "the yacht: {}",
        yacht.map_or("not enough money", |()| "paid")
    );
    let total: u64 = accounts.iter().map(|account| account.balance()).sum();
    println!("in all banks: {total}");
}
