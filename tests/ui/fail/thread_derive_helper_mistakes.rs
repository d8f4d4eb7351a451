use threadkit::prelude::*;

#[derive(Thread)]
#[thread = "worker"]
struct One;

impl One {
    fn run(self) {}
}

#[derive(Thread)]
#[thread(name = "a")]
#[thread(name = "b", deamon)]
struct Two;

impl Two {
    fn run(self) {}
}

fn main() {}
