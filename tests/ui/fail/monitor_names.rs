use threadkit::prelude::*;

struct Account(u64);

#[monitor(Account)]
impl Account {
    pub fn balance(&self) -> u64 {
        self.0
    }
}

struct Counter(u64);

#[monitor(SharedCounter, Other)]
impl Counter {
    pub fn with(&self) -> u64 {
        self.0
    }
}

#[monitor("Shared")]
impl Counter {
    pub fn count(&self) -> u64 {
        self.0
    }
}

fn main() {}
