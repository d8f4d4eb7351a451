use threadkit::prelude::*;

struct Account(u64);

#[monitor(SharedAccount)]
impl Account {
    #[when(self.0 >= n)]
    pub fn withdraw(&mut self, (n, _): (u64, u64)) {
        self.0 -= n;
    }
}

fn main() {}
