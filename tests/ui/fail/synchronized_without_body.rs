use threadkit::prelude::*;

static LOCK: Lock = Lock::new(());

trait Work {
    #[synchronized(LOCK)]
    fn work(&self);
}

fn main() {}
