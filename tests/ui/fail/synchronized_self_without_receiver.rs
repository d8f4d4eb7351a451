use threadkit::prelude::*;

struct Counter {
    count: Lock<u64>,
}

impl Counter {
    #[synchronized(count = self.count)]
    fn new() -> Self {
        *count = 1;
        Self { count: Lock::new(0) }
    }
}

#[synchronized(locks[(self).index])]
fn alone(locks: &[Lock]) {
    let _ = locks;
}

fn main() {}
