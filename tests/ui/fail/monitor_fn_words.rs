use threadkit::prelude::*;

struct Account(u64);

#[monitor(SharedAccount)]
impl Account {
    pub const fn new() -> Self {
        Self(0)
    }

    pub async fn deposit(&mut self, n: u64) {
        self.0 += n;
    }

    pub const fn balance(&self) -> u64 {
        self.0
    }

    pub unsafe fn set(&mut self, n: u64) {
        self.0 = n;
    }
}

fn main() {}
