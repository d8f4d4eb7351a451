use threadkit::prelude::*;

use std::sync::{Mutex, RwLock};
use std::time::Duration;

static TOTAL: Mutex<u64> = Mutex::new(0);
static TABLE: RwLock<u64> = RwLock::new(0);

#[synchronized(total = TOTAL, timeout = Duration::from_secs(1), else = false)]
fn add(n: u64) -> bool {
    *total += n;
    true
}

#[synchronized(read(TABLE), timeout = Duration::from_secs(1), else = ())]
fn look() {}

fn main() {}
