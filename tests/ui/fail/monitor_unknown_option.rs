use threadkit::prelude::*;

struct Account(u64);

#[monitor(SharedAccount, poison = true)]
impl Account {
    #[when(self.0 > 0, timout)]
    pub fn empty(&mut self) {
        self.0 = 0;
    }

    #[when(self.0 > 0, self.0 < 9)]
    pub fn fill(&mut self) {
        self.0 = 9;
    }

    #[when(self.0 > 0, until, until)]
    pub fn take(&mut self) {
        self.0 -= 1;
    }
}

struct Counter(u64);

#[monitor(SharedCounter, poisn)]
impl Counter {
    pub fn count(&mut self) {
        self.0 += 1;
    }
}

struct Twice(u64);

#[monitor(poison, SharedTwice, poison)]
impl Twice {
    pub fn is_poisoned(&self) -> bool {
        self.0 > 0
    }

    pub fn repair(&mut self) {
        self.0 = 0;
    }
}

fn main() {}
