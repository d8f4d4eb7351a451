//! Work for the processor gets faster with a second thread.
//!
//! Follows every number below a limit down to 1 (halve an even number, triple an odd one and add
//! one) and counts the steps: first on one thread, then on two threads that take every other number
//! each. Prints the best time of three rounds for both, and how many times faster two threads were.
//! There is no global lock, so on a machine with two free cores the second thread adds nearly as much as the first. Two
//! cores that share a physical one, or other programs, make it less.

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

/// Counts the steps of all numbers on that many threads. Returns the count and the time it took.
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
