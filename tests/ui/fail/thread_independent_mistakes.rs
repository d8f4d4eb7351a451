use threadkit::prelude::*;

struct Worker;

#[thread(naem = "a", stack_size, daemon = maybe)]
impl Worker {
    async fn run(&mut self, times: u32) -> impl Sized {
        let _ = times;
    }
}

fn main() {}
