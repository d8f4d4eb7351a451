//! threadkit at a glance: a type of thread, a function under a lock, a thread that can be stopped.
//!
//! Four workers add to one total while a fifth thread beats once a minute. Prints what each worker did, that
//! the heartbeat stopped (at once, and not at its next beat), and the total: 10000.

use std::time::Duration;
use threadkit::prelude::*;

static TOTAL: Lock<u64> = Lock::new(0);

// The body runs under the lock; `total` is the guard.
#[synchronized(total = TOTAL)]
fn add(n: u64) {
    *total += n;
}

struct Worker {
    id: u64,
}

// Worker is now a type of thread. `join` returns what `run` returns.
#[thread(name = "worker-{id}")]
impl Worker {
    fn run(&mut self) -> u32 {
        for _ in 0..1000 {
            add(self.id);
        }
        1000
    }
}

// Calling heartbeat() starts the thread. A stop wakes it at once.
#[thread]
fn heartbeat(stop: &StopToken) -> u32 {
    let mut beats = 0;
    while !stop.wait_timeout(Duration::from_secs(60)) {
        beats += 1;
    }
    beats
}

// Waits for every thread before the process ends.
#[threadkit::main]
fn main() -> Result<(), JoinError> {
    let heart = heartbeat();
    let workers: Vec<_> = (1..=4).map(|id| Worker { id }.start()).collect();
    for worker in workers {
        println!("{} added {} times", worker.name(), worker.join()?);
    }
    heart.stop();
    println!("heartbeat stopped after {} beats", heart.join()?);
    println!("total: {}", TOTAL.acquire());
    Ok(())
}
