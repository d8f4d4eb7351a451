//! Threads that wait for each other repeatedly.
//!
//! Three hikers walk at their own pace, and none leaves a hut before all have arrived. Prints a
//! line for each hut, written by one of the three.

use std::error::Error;
use std::time::Duration;
use threadkit::prelude::*;
use threadkit::{Barrier, BrokenBarrier};

static HUT: Barrier = Barrier::new(3);

#[thread]
fn hiker(pace: Duration) -> Result<(), BrokenBarrier> {
    for hut in 1..=3 {
        threadkit::sleep(pace);
        if HUT.wait()?.is_leader() {
            println!("all have come to hut {hut}");
        }
    }
    Ok(())
}

#[threadkit::main]
fn main() -> Result<(), Box<dyn Error>> {
    let hikers = [10, 20, 30].map(|pace| hiker(Duration::from_millis(pace)));
    for arrived in threadkit::join_all(hikers)? {
        arrived?;
    }
    Ok(())
}
