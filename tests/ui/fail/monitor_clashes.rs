use threadkit::prelude::*;

struct Account(u64);

#[monitor(SharedAccount)]
impl Account {
    #[when(self.0 > 0, timeout)]
    pub fn empty(&mut self) {
        self.0 = 0;
    }

    pub fn empty_timeout(&mut self) {}
}

fn main() {}
