use threadkit::{Condition, Lock, LockGuard};

fn main() {
    let pair = Lock::new((0, 1));
    let mut first = LockGuard::map(pair.acquire(), |pair| &mut pair.0);
    Condition::new().wait(&mut first);
}
