use threadkit::prelude::*;

#[thread]
const fn constant() {}

#[thread]
unsafe fn dangerous() {}

fn main() {
    constant();
    dangerous();
}
