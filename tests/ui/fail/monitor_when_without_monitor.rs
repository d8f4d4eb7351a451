use threadkit::prelude::*;

struct Account(u64);

impl Account {
    #[when(self.0 > 0)]
    pub fn empty(&mut self) {
        self.0 = 0;
    }
}

#[when(true)]
fn free() {}

fn main() {}
