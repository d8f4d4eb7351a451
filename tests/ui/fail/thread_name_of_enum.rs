use threadkit::prelude::*;

#[thread(name = "worker-{id}")]
enum Worker {
    Only { id: u8 },
}

impl Worker {
    fn run(self) {
        let Self::Only { id: _ } = self;
    }
}

fn main() {}
