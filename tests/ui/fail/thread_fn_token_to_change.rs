use threadkit::prelude::*;

#[thread]
fn work(stop: &mut StopToken) {
    let _ = stop;
}

fn main() {}
