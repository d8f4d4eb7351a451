use threadkit::prelude::*;

trait Work {
    #[thread]
    fn work(self);
}

fn main() {}
