use threadkit::prelude::*;

#[thread(name = "worker-{idd}")]
struct Worker {
    id: u64,
}

impl Worker {
    fn run(&self) {
        let _ = self.id;
    }
}

#[thread(name = "{2}-{name}")]
struct Tuple(u8, u8);

impl Tuple {
    fn run(&self) {
        let _ = (self.0, self.1);
    }
}

fn main() {}
