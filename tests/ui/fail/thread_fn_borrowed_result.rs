use threadkit::prelude::*;

#[thread]
fn name(stop: &StopToken) -> &str {
    stop.wait();
    "name"
}

fn main() {
    name().stop();
}
