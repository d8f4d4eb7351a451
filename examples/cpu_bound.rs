//! Work for the processor gets faster with a second thread.
//!
//! Follows every number below a limit down to 1 (halve it if it is even, else triple it and add one)
//! and counts the steps; first on one thread, then on two, of which each takes every other number.
//! Prints how long both took at best in three rounds, and how many times faster two were. On a
//! machine with two free cores that is close to 2: there is no global lock in the way.

use std::time::{Duration, Instant};
use threadkit::prelude::*;

const LIMIT: u64 = 300_000;

fn steps_to_one(mut number: u64) -> u64 {
    let mut steps = 0;
    while number != 1 {
        number = if number.is_multiple_of(2) {
            number / 2
        } else {
            3 * number + 1
        };
        steps += 1;
    }
    steps
}

/// Counts the steps of all numbers on so many threads; returns how many, and how long it took.
fn count(threads: usize) -> Result<(u64, Duration), JoinError> {
    let began = Instant::now();
    let parts: Vec<_> = (0..threads)
        .map(|first| {
            threadkit::spawn(move || {
                (1..LIMIT)
                    .skip(first)
                    .step_by(threads)
                    .map(steps_to_one)
                    .sum::<u64>()
            })
        })
        .collect();
    let steps = threadkit::join_all(parts)?.iter().sum();
    Ok((steps, began.elapsed()))
}

fn main() -> Result<(), JoinError> {
    let mut best = [Duration::MAX; 2];
    for _ in 0..3 {
        let (alone, time_alone) = count(1)?;
        let (shared, time_shared) = count(2)?;
        assert_eq!(alone, shared);
        best = [best[0].min(time_alone), best[1].min(time_shared)];
    }
    let [one, two] = best;
    println!("1 thread:  {} ms", one.as_millis());
    println!("2 threads: {} ms", two.as_millis());
    println!("speed-up:  {:.1}", one.as_secs_f64() / two.as_secs_f64());
    Ok(())
}
