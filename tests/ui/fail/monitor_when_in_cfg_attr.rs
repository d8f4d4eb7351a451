//! A handle cannot see a `#[when]` that only some builds have.

use threadkit::prelude::*;

struct Account(u64);

#[monitor(SharedAccount)]
impl Account {
    #[cfg_attr(any(unix, not(unix)), when(self.0 > 0))]
    pub fn empty(&mut self) {
        self.0 = 0;
    }

    #[cfg_attr(any(unix, not(unix)), inline, threadkit::when(self.0 > n, timeout), must_use)]
    pub fn withdraw(&mut self, n: u64) -> u64 {
        self.0 -= n;
        self.0
    }

    #[cfg_attr(any(unix, not(unix)), cfg_attr(all(), when(true)))]
    fn private(&mut self) {}
}

fn main() {
    let account = SharedAccount::from(Account(1));
    account.empty();
    account.withdraw(1);
    let _ = account.withdraw_timeout(1, std::time::Duration::ZERO);
    account.private();
}
