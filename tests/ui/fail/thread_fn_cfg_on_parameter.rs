use threadkit::prelude::*;

#[thread]
fn work(#[cfg(unix)] a: u8) {
    let _ = a;
}

fn main() {}
