use threadkit::prelude::*;

use std::time::Duration;

static TOTAL: Lock<u64> = Lock::new(0);

#[synchronized(total = TOTAL, timeout = Duration::from_secs(1), else = "busy")]
fn add(n: u64) -> Result<u64, &'static str> {
    *total += n;
    Ok(*total)
}

fn main() {}
