use threadkit::prelude::*;

use std::rc::Rc;

struct Worker {
    list: Rc<Vec<u8>>,
}

#[thread]
impl Worker {
    fn run(self) {
        drop(self.list);
    }
}

fn main() {
    Worker { list: Rc::default() }.start();
}
