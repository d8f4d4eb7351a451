//! Beside arguments, a condition is a closure, in which nothing is called `self`.

use threadkit::prelude::*;

#[derive(Debug)]
struct Account(u64);

#[monitor(SharedAccount)]
impl Account {
    #[when(format!("{self:?}") == text)]
    pub fn is(&self, text: &str) -> bool {
        !text.is_empty()
    }
}

fn main() {
    SharedAccount::from(Account(1)).is("Account(1)");
}
