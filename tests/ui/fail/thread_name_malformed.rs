use threadkit::prelude::*;

#[thread(name = "worker-{id")]
fn open(id: u8) {
    let _ = id;
}

#[thread(name = "worker-}")]
fn close() {}

#[thread(name = "worker-{}")]
fn empty(id: u8) {
    let _ = id;
}

#[thread(name = "worker-{id + 1}")]
fn expression(id: u8) {
    let _ = id;
}

#[thread(name = "worker-{id:width$}")]
fn width(id: u8, width: usize) {
    let _ = (id, width);
}

#[thread(name = "worker-{id:zz}")]
fn format(id: u8) {
    let _ = id;
}

fn main() {}
