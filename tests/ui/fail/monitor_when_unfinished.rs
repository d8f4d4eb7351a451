//! A mistake in a condition is reported at its place, and causes no other report.

use threadkit::prelude::*;

struct Account(u64);

#[monitor(SharedAccount)]
impl Account {
    #[when(self.0 >)]
    pub fn empty(&mut self) {
        self.0 = 0;
    }

    #[when(self.0 > , timeout)]
    pub fn fill(&mut self) {
        self.0 = 9;
    }

    #[when(self.0 > n 3, until)]
    pub fn set(&mut self, n: u64) {
        self.0 = n;
    }
}

fn main() {
    let account = SharedAccount::from(Account(1));
    account.empty();
    account.fill();
    let _ = account.fill_timeout(std::time::Duration::ZERO);
    account.set(1);
    let _ = account.set_until(1, std::time::Duration::ZERO);
}
