//! Every method of a handle runs under its lock.

use threadkit::prelude::*;

struct Account(u64);

#[monitor(SharedAccount)]
impl Account {
    #[unsynchronized]
    pub fn get(&self) -> u64 {
        self.0
    }

    #[cfg_attr(any(unix, not(unix)), inline, unsynchronized)]
    pub fn set(&mut self, n: u64) {
        self.0 = n;
    }
}

fn main() {
    let account = SharedAccount::from(Account(1));
    account.set(account.get());
}
