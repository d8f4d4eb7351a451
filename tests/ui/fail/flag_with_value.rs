use threadkit::prelude::*;

#[thread(daemon(false))]
fn work() {}

#[thread(shared(true))]
struct Search;

impl Search {
    fn run(&self) {}
}

#[threadkit::explore(exhaustive = true)]
fn explored() {}

#[threadkit::main(ctrl_c(true))]
fn main() {
    work();
    Search.start();
}
