use threadkit::prelude::*;

use std::sync::Arc;

struct Cache;

impl Cache {
    #[thread]
    fn flush(&self) {}

    #[thread]
    fn clear(&mut self) {}

    #[thread]
    fn shared(self: &Arc<Self>) {}
}

fn main() {
    Cache.flush().join().unwrap();
}
