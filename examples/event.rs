//! Threads that wait for an event.
//!
//! Three runners wait for the start. An event that is set stays set, so a runner that comes late
//! runs at once. Prints when the race starts, and then a line from each runner, in any order.

use threadkit::Event;
use threadkit::prelude::*;

static START: Event = Event::new();

#[thread(name = "{name}")]
fn runner(name: &'static str) {
    START.wait();
    println!("{name} runs");
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    let runners = ["Ada", "Grace", "Radia"].map(runner);
    println!("Go!");
    START.set();
    threadkit::join_all(runners)?;
    Ok(())
}
