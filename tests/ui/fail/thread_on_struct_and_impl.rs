use threadkit::prelude::*;

#[thread(name = "worker-{id}")]
struct Worker {
    id: u8,
}

#[thread]
impl Worker {
    fn run(&self) {
        let _ = self.id;
    }
}

fn main() {}
