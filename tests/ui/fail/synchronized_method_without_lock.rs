use threadkit::prelude::*;

struct Counter {
    count: u64,
}

impl Counter {
    #[synchronized]
    fn get(&self) -> u64 {
        self.count
    }
}

fn main() {}
