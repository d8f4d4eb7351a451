use threadkit::prelude::*;

struct Counter {
    count: u64,
}

impl Counter {
    #[synchronized]
    fn add(&mut self) {
        self.count += 1;
    }
}

fn main() {}
