use threadkit::prelude::*;

use threadkit::Run;

struct Worker;

#[thread]
impl Run for Worker {
    type Output = ();

    fn run(self: Box<Self>) {}
}

fn main() {}
