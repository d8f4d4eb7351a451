use threadkit::prelude::*;

use std::rc::Rc;

#[thread]
struct Worker {
    list: Rc<Vec<u8>>,
}

impl Worker {
    fn run(self) {
        drop(self.list);
    }
}

fn main() {
    Worker { list: Rc::default() }.start();
}
