use threadkit::prelude::*;

struct Account {
    balance: u64,
}

#[monitor(SharedAccount)]
impl Account {
    #[when(self.balance)]
    pub fn empty(&mut self) {
        self.balance = 0;
    }

    #[when(self.ballance >= n)]
    pub fn withdraw(&mut self, n: u64) {
        self.balance -= n;
    }
}

fn main() {}
