use threadkit::{Condition, Lock};

fn main() {
    let lock = Lock::new(vec![1]);
    let mut guard = lock.acquire();
    let first = &guard[0];
    Condition::new().wait(&mut guard);
    println!("{first}");
}
