use threadkit::{Condition, Lock};

fn main() {
    let lock = Lock::new(vec![1]);
    Condition::new().wait_for(&mut lock.acquire(), |numbers| numbers.len());
}
