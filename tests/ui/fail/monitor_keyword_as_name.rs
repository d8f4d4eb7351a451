use threadkit::prelude::*;

struct Counter(u64);

#[monitor(impl)]
impl Counter {
    pub fn count(&mut self) {
        self.0 += 1;
    }
}

fn main() {}
