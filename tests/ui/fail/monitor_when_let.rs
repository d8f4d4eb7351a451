//! A `let` in a condition is a part of a chain, as after `if`.

use threadkit::prelude::*;

struct Account(Option<u64>);

#[monitor(SharedAccount)]
impl Account {
    #[when(let Some(0) = self.0 || true)]
    pub fn either(&mut self) {}

    #[when(self.0.is_some() && (let Some(0) = self.0))]
    pub fn inside(&mut self) {}

    #[when(n > 3 && !let Some(0) = self.0, timeout)]
    pub fn without(&mut self, n: u64) {
        self.0 = Some(n);
    }
}

fn main() {
    let account = SharedAccount::from(Account(None));
    account.either();
    account.inside();
    account.without(1);
}
