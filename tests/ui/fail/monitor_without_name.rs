use threadkit::prelude::*;

struct Account(u64);

#[monitor]
impl Account {
    pub fn balance(&self) -> u64 {
        self.0
    }
}

fn main() {}
