use threadkit::prelude::*;

use std::rc::Rc;

#[thread]
fn work(list: Rc<Vec<u8>>) -> usize {
    list.len()
}

fn main() {
    work(Rc::default());
}
