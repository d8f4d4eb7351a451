use threadkit::prelude::*;

struct Counter {
    count: u64,
}

static NAME: String = String::new();

impl Counter {
    #[synchronized(self.count)]
    fn get(&self) -> u64 {
        self.count
    }

    #[synchronized(name = NAME, count = self.count)]
    fn both(&self) -> u64 {
        *count + name.len() as u64
    }
}

fn main() {}
