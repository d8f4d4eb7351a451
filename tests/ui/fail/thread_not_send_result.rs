use threadkit::prelude::*;

use std::rc::Rc;

struct Worker;

#[thread]
impl Worker {
    fn run(self) -> Rc<u8> {
        Rc::new(1)
    }
}

fn main() {}
