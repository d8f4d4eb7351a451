use threadkit::prelude::*;

struct Worker {
    id: u64,
}

#[thread(name = "worker-{idd}")]
impl Worker {
    fn run(&self) {
        let _ = self.id;
    }
}

fn main() {}
