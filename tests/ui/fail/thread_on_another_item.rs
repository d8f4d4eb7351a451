use threadkit::prelude::*;

#[thread]
trait Work {
    fn run(&self);
}

#[thread]
mod work {}

#[thread]
static WORK: u8 = 1;

#[thread]
const WORDS: u8 = 1;

#[thread]
union Bits {
    a: u8,
}

#[derive(Thread)]
union More {
    a: u8,
}

fn main() {
    Bits { a: 1 }.start().join().unwrap();
    More { a: 1 }.start().join().unwrap();
}
