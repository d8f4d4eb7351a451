//! Only an `RLock` has guards inside of guards.

use threadkit::{Condition, Lock};

fn main() {
    let lock = Lock::new(1);
    let mut guard = lock.acquire();
    Condition::new().wait_outermost(&mut guard);
}
