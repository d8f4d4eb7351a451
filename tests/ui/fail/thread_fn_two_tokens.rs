use threadkit::prelude::*;

#[thread]
fn work(a: &StopToken, b: &StopToken) {
    let _ = (a, b);
}

fn main() {}
