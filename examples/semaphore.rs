//! At most two threads at a time.
//!
//! Six threads want to swim, and the pool has two lanes. A permit of the semaphore is a lane, which
//! is free again when the permit is dropped. Prints how many have swum, and that there were never
//! more than two at once.

use std::time::Duration;
use threadkit::Semaphore;
use threadkit::prelude::*;

struct Water {
    swimmers: u32,
    most: u32,
    swum: u32,
}

static LANES: Semaphore = Semaphore::new(2);
static WATER: Lock<Water> = Lock::new(Water {
    swimmers: 0,
    most: 0,
    swum: 0,
});

fn swim() {
    let lane = LANES.acquire();
    WATER.with(|water| {
        water.swimmers += 1;
        water.most = water.most.max(water.swimmers);
    });
    threadkit::sleep(Duration::from_millis(20)); // from one end to the other
    WATER.with(|water| {
        water.swimmers -= 1;
        water.swum += 1;
    });
    lane.release();
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    threadkit::join_all([(); 6].map(|()| threadkit::spawn(swim)))?;

    let water = WATER.acquire();
    println!("{} have swum", water.swum);
    println!("more than two at once: {}", water.most > 2);
    Ok(())
}
