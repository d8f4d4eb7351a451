//! A glob import of threadkit hides no name of another crate.

use std::sync::*;
use threadkit::*;

fn main() {
    let total: Mutex<u32> = Mutex::new(1);
    let made: OnceLock<u32> = OnceLock::new();
    *total.lock().unwrap() += made.get_or_init(|| 1);
    let lock = Lock::new(total.into_inner().unwrap());
    assert_eq!(lock.into_inner(), 2);
}
