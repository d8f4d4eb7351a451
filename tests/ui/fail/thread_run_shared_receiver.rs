use threadkit::prelude::*;

use std::sync::Arc;

struct Worker;

#[thread]
impl Worker {
    fn run(self: Arc<Self>) {}
}

fn main() {}
