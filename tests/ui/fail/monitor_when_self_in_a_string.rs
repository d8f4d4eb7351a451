//! A condition that uses arguments becomes a closure, in which no variable is called `self`.

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
