use threadkit::prelude::*;

struct Account(u64);

#[monitor(SharedAccount)]
impl Account {
    pub fn close(self) -> u64 {
        self.0
    }

    pub fn boxed(self: Box<Self>) -> u64 {
        self.0
    }

    fn private(self) -> u64 {
        self.0
    }
}

fn main() {}
