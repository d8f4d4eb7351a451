use threadkit::prelude::*;

#[thread]
struct Counter<T>(T);

impl<T: Copy> Counter<T> {
    fn run(&mut self) {}
}

fn main() {}
