use threadkit::prelude::*;

struct Counter(u64);

#[monitor(SharedCounter)]
impl Counter {
    pub fn count(&mut self, n: u64, _: ...) {
        self.0 += n;
    }
}

fn main() {}
