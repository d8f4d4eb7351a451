use threadkit::prelude::*;

use std::sync::{Mutex, RwLock};

static LOCK: Lock<u8> = Lock::new(0);
static MUTEX: Mutex<u8> = Mutex::new(0);
static TABLE: RwLock<Vec<u8>> = RwLock::new(Vec::new());

#[synchronized(read(n = LOCK))]
fn one() -> u8 {
    *n
}

#[synchronized(write(n = MUTEX))]
fn two() -> u8 {
    *n
}

#[synchronized(table = TABLE)]
fn three() -> usize {
    table.len()
}

#[synchronized(read(table = TABLE))]
fn four() {
    table.push(1);
}

fn main() {}
