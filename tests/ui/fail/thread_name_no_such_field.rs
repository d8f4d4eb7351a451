//! The message lists all fields and parameters if no name is similar.

use threadkit::prelude::*;

#[thread(name = "w-{nr}")]
struct Worker {
    id: u32,
    place: String,
}

impl Worker {
    fn run(&mut self) {}
}

#[thread(name = "w-{nr}")]
fn work(id: u32, place: String) {
    let _ = (id, place);
}

#[thread(name = "w-{99999999999}")]
fn count() {}

fn main() {
    work(1, String::new());
}
