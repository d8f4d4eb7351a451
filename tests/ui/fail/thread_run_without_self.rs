use threadkit::prelude::*;

struct Worker;

#[thread]
impl Worker {
    fn run() -> u32 {
        1
    }
}

fn main() {
    let _: u32 = Worker.start().join().unwrap();
}
