use threadkit::prelude::*;

struct Id;

#[thread(name = "worker-{id}")]
struct Worker {
    id: Id,
}

impl Worker {
    fn run(self) {
        drop(self.id);
    }
}

fn main() {}
