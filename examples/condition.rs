//! Threads that wait until a condition holds.
//!
//! A baker puts ten loaves on a shelf that has room for three; a customer takes them. The baker
//! waits while the shelf is full, the customer waits while it is empty, and each notifies the other
//! of a change. Prints the loaves in the order in which the customer takes them, which is the order
//! in which they were baked.

use std::collections::VecDeque;
use threadkit::prelude::*;

const LOAVES: u32 = 10;
const ROOM: usize = 3;

static SHELF: Lock<VecDeque<u32>> = Lock::new(VecDeque::new());
static FILLED: Condition = Condition::new();
static EMPTIED: Condition = Condition::new();

#[thread]
fn baker() {
    for loaf in 1..=LOAVES {
        let mut shelf = SHELF.acquire();
        EMPTIED.wait_while(&mut shelf, |shelf| shelf.len() == ROOM);
        shelf.push_back(loaf);
        FILLED.notify_one();
    }
}

#[thread]
fn customer() -> Vec<u32> {
    let take = || {
        let mut shelf = SHELF.acquire();
        let loaf = FILLED.wait_for(&mut shelf, VecDeque::pop_front);
        EMPTIED.notify_one();
        loaf
    };
    (0..LOAVES).map(|_| take()).collect()
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    let (baker, customer) = (baker(), customer());
    baker.join()?;
    println!("taken: {:?}", customer.join()?);
    Ok(())
}
