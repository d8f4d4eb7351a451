use threadkit::prelude::*;

use std::rc::Rc;

struct Worker<T>(T);

#[thread]
impl<T> Worker<T> {
    fn run(self) -> T {
        self.0
    }
}

fn main() {
    Worker(1).start();
    Worker(Rc::new(1)).start();
}
