use std::cell::Cell;
use threadkit::{Condition, RLock};

fn main() {
    let lock = RLock::new(Cell::new(0));
    let outer = lock.acquire();
    let seen: &Cell<i32> = &outer;
    let mut inner = lock.acquire();
    // Another thread would have the cell while `seen` lives.
    Condition::new().wait(&mut inner);
    seen.set(1);
}
