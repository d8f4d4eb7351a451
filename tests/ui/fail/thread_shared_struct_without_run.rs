use threadkit::prelude::*;

#[thread(shared)]
struct Missing;

#[thread(shared)]
struct Mutable(u8);

impl Mutable {
    fn run(&mut self) {
        self.0 += 1;
    }
}

#[thread(shared, returns = u8)]
struct Consumed(u8);

impl Consumed {
    fn run(self) -> u8 {
        self.0
    }
}

fn main() {}
