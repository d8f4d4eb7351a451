//! `returns` declares a result, as the signature of a function does, and is refused by the same messages.

use threadkit::prelude::*;

#[thread(returns = impl std::fmt::Display)]
struct Unnamed;

impl Unnamed {
    fn run(self) -> impl std::fmt::Display {
        1
    }
}

#[thread(returns = &str)]
struct Borrowed;

impl Borrowed {
    fn run(&self) -> &str {
        "a"
    }
}

fn main() {
    println!("{}", Unnamed.start().join().unwrap());
    assert_eq!(Borrowed.start().join().unwrap().len(), 1);
}
