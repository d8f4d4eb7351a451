use threadkit::prelude::*;

static TOTAL: Lock<u32> = Lock::new(0);

#[thread(crate = "threadkit")]
fn started() {}

#[thread(crate = "thread kit")]
struct Worker;

impl Worker {
    fn run(self) {}
}

#[synchronized(TOTAL, crate = "::threadkit")]
fn locked() {}

#[threadkit::explore(crate = "threadkit")]
fn explored() {}

#[threadkit::main(crate = "threadkit")]
fn main() {
    started();
    Worker.start();
    locked();
    explored();
}
