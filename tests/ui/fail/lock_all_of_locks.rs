//! Several locks are named by reference, in a tuple or a slice.

use threadkit::{Lock, lock_all};

fn main() {
    let (a, b) = (Lock::new(1), Lock::new(2));
    lock_all(&a, &b);
    lock_all((a, b));
    let row = vec![Lock::new(3), Lock::new(4)];
    lock_all(&row);
}
