//! An `RwLock` is locked on one side, which has to be named.

use std::sync::Arc;
use std::time::Duration;

use threadkit::prelude::*;
use threadkit::{RwLock, lock_all};

static TABLE: RwLock<Vec<u8>> = RwLock::new(Vec::new());
static OF_STD: std::sync::RwLock<u8> = std::sync::RwLock::new(0);
static OF_PARKING_LOT: parking_lot::RwLock<u8> = parking_lot::RwLock::new(0);
static LOCK: Lock<u8> = Lock::new(0);

#[synchronized(TABLE)]
fn one() {}

#[synchronized(table = OF_STD)]
fn bound() -> u8 {
    *table
}

#[synchronized(OF_PARKING_LOT)]
fn of_parking_lot() {}

#[synchronized(n = LOCK, table = TABLE)]
fn among_others() {
    table.push(*n);
}

#[synchronized(TABLE, timeout = Duration::from_secs(1), else = ())]
fn for_a_limited_time() {}

struct Server {
    table: Arc<RwLock<Vec<u8>>>,
}

impl Server {
    #[synchronized(table = self.table)]
    fn shared(&self) -> usize {
        table.len()
    }
}

fn without_an_attribute() {
    let _guards = lock_all((&LOCK, &TABLE));
}

fn main() {}
