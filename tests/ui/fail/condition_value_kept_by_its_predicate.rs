use threadkit::{Condition, Lock};

fn main() {
    let lock = Lock::new(1);
    let mut kept = None;
    Condition::new().wait_while(&mut lock.acquire(), |value| {
        kept = Some(value);
        false
    });
}
