use threadkit::prelude::*;

#[thread]
struct Worker {
    id: u64,
}

#[derive(Thread)]
struct Derived;

#[thread(returns = u32)]
struct Counter;

fn main() {
    Worker { id: 1 }.start();
    Derived.start();
    let _: u32 = Counter.start().join().unwrap();
}
