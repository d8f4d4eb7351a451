use threadkit::prelude::*;

struct Account(u64);

#[monitor(SharedAccount)]
impl Account {
    #[when(true)]
    pub fn new() -> Self {
        Self(0)
    }

    #[when(self.0 > 0)]
    fn empty(&mut self) {
        self.0 = 0;
    }

    #[when(self.0 > 0)]
    #[when(self.0 < 9)]
    pub fn take(&mut self) {
        self.0 -= 1;
    }
}

fn main() {
    SharedAccount::from(Account(0));
}
