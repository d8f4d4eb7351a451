//! A condition waits with the guards of threadkit's locks.

use std::sync::Mutex;
use threadkit::Condition;

fn main() {
    let lock = Mutex::new(1);
    let mut guard = lock.lock().unwrap();
    Condition::new().wait(&mut guard);
}
