//! A thread borrows its own stop token.

use threadkit::StopToken;
use threadkit::prelude::*;

#[thread]
fn work(n: u32, stop: StopToken) -> u32 {
    if stop.is_stopped() { 0 } else { n }
}

fn main() {
    work(1);
}
