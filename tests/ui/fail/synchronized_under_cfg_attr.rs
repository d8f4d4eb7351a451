//! Whether a method has an attribute of its own must be known when its block is expanded.

use threadkit::prelude::*;

struct Pair(Lock<u8>, Lock<u8>);

#[synchronized(first = self.0)]
impl Pair {
    #[cfg_attr(all(), synchronized(own = self.0))]
    fn get(&self) -> u8 {
        *own
    }

    #[cfg_attr(any(), unsynchronized)]
    fn is_busy(&self) -> bool {
        self.0.is_locked()
    }

    #[cfg_attr(all(), inline)]
    fn set(&self, n: u8) {
        *first = n;
    }
}

fn main() {
    let pair = Pair(Lock::new(1), Lock::new(2));
    pair.set(3);
    assert!(pair.get() == 3 && !pair.is_busy());
}
