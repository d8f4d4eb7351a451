use threadkit::prelude::*;

struct Account(u64);

#[monitor(SharedAccount)]
impl Account {
    pub fn deposit(&mut self, #[cfg(unix)] n: u64) {
        self.0 += n;
    }
}

fn main() {}
