use threadkit::prelude::*;

struct Account(u64);

#[monitor(SharedAccount)]
impl Account {
    #[when]
    pub fn empty(&mut self) {
        self.0 = 0;
    }

    #[when()]
    pub fn fill(&mut self) {
        self.0 = 9;
    }
}

fn main() {}
