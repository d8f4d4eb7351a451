use threadkit::prelude::*;

#[thread]
fn poll(stop: &mut StopToken) {
    while !stop.is_stopped() {}
}

fn main() {
    poll();
}
