use threadkit::prelude::*;

struct Counter {
    count: u64,
}

#[synchronized]
impl Counter {
    fn get(&self) -> u64 {
        self.count
    }

    #[unsynchronized]
    fn add(&mut self) {
        self.count += 1;
    }
}

fn main() {}
