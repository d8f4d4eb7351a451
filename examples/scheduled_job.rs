//! A job that runs at a fixed rate, and can be stopped at any time: between two runs, and in the middle of one.
//!
//! The job has a thread of its own, because a run may take long; for short functions there are timers (see `periodic`).
//! A run that takes longer than the period is followed by the next one at once, and the runs that were missed are left
//! out. A stop ends the wait for the next run at once, and a run at its next step.
//!
//! Prints the steps of three runs, and how two other jobs ended: one while it waited for its next run, in an hour, and
//! one in the middle of a run.

use std::fmt;
use std::time::{Duration, Instant};

use threadkit::prelude::*;
use threadkit::{PutError, Queue};

/// How a job ended.
enum Ended {
    BetweenRuns(u32),
    InTheMiddle,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BetweenRuns(runs) => write!(f, "runs before the stop: {runs}"),
            Self::InTheMiddle => write!(f, "stopped in the middle of a run"),
        }
    }
}

/// What a run does, in steps. A stop ends the wait in each; a step that computes would call `stop.check()?`.
fn back_up(steps: u32, done: &Queue<u32>, stop: &StopToken) -> Result<(), PutError<u32>> {
    for step in 1..=steps {
        done.put_until(step, stop)?; // the work
    }
    Ok(())
}

#[thread(name = "backup")]
fn schedule(period: Duration, steps: u32, done: Queue<u32>, stop: &StopToken) -> Ended {
    let mut runs = 0;
    let mut due = Instant::now();
    // Does not wait if the run is due already.
    while !stop.wait_timeout(due.saturating_duration_since(Instant::now())) {
        if back_up(steps, &done, stop).is_err() {
            return Ended::InTheMiddle;
        }
        runs += 1;
        due = Instant::now().max(due + period);
    }
    Ended::BetweenRuns(runs)
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    let done = Queue::bounded(1);
    let frequent = schedule(Duration::from_millis(5), 2, done.clone());
    let steps: Vec<_> = done.iter().take(6).collect();
    println!("three runs of two steps: {steps:?}");
    frequent.stop();
    frequent.join()?;

    let done = Queue::bounded(1);
    let hourly = schedule(Duration::from_secs(3600), 2, done.clone());
    assert!(done.iter().take(2).eq([1, 2]));
    hourly.stop(); // ends the hour
    println!("{}", hourly.join()?);

    let done = Queue::bounded(1);
    let endless = schedule(Duration::from_secs(3600), u32::MAX, done.clone());
    assert!(done.iter().take(1).eq([1]));
    endless.stop();
    println!("{}", endless.join()?);
    Ok(())
}
