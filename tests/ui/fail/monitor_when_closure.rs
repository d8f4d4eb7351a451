//! A condition uses `self`, and is not a closure.

use threadkit::prelude::*;

struct Account {
    balance: u64,
}

#[monitor(SharedAccount)]
impl Account {
    #[when(|account| account.balance > 3)]
    pub fn empty(&mut self) {
        self.balance = 0;
    }

    #[when(|account: &Account| account.balance > n, timeout)]
    pub fn withdraw(&mut self, n: u64) {
        self.balance -= n;
    }
}

fn main() {
    let account = SharedAccount::from(Account { balance: 1 });
    account.empty();
    account.withdraw(1);
    let _ = account.withdraw_timeout(1, std::time::Duration::ZERO);
}
