//! A pipeline of three stages, with a little room between them.
//!
//! One thread finds numbers, three threads test whether they are prime, and `main` counts. The
//! queues between them have room for ten items, so a stage that is too fast waits for the next one,
//! and few numbers are in memory at any time. When the first stage has finished, the shutdown
//! passes down the pipeline: each queue is shut down when its last producer has finished, and its
//! consumers take what is left and then end.
//!
//! Prints how many primes there are below 20000, and that the queues never held more than ten.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use threadkit::prelude::*;
use threadkit::{PutError, Queue};

const ROOM: usize = 10;

#[thread(name = "numbers")]
fn find_numbers(limit: u32, numbers: Queue<u32>) -> Result<(), PutError<u32>> {
    for n in 2..limit {
        numbers.put(n)?; // waits while there is no room
    }
    numbers.shutdown();
    Ok(())
}

#[thread(name = "tester")]
fn test_numbers(numbers: Queue<u32>, primes: Queue<u32>, most: Arc<AtomicUsize>) {
    for n in &numbers {
        most.fetch_max(numbers.len(), Ordering::Relaxed);
        if is_prime(n) && primes.put(n).is_err() {
            break; // the queue of primes was shut down
        }
    }
}

fn is_prime(n: u32) -> bool {
    (2..)
        .take_while(|d| d * d <= n)
        .all(|d| !n.is_multiple_of(d))
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    let numbers = Queue::bounded(ROOM);
    let primes = Queue::bounded(ROOM);
    let most = Arc::new(AtomicUsize::new(0));

    let finder = find_numbers(20_000, numbers.clone());
    let testers: Vec<_> = (0..3)
        .map(|_| test_numbers(numbers.clone(), primes.clone(), Arc::clone(&most)))
        .collect();

    let last = primes.clone();
    let closer = threadkit::spawn(move || {
        // Only the testers put primes.
        let tested = threadkit::join_all(testers);
        last.shutdown();
        tested.map(drop)
    });

    let count = primes.iter().count();
    closer.join()??;
    finder
        .join()?
        .expect("only the finder shuts this queue down");
    println!("There are {count} primes below 20000.");
    let within = most.load(Ordering::Relaxed) <= ROOM;
    println!("No queue ever held more than {ROOM}: {within}.");
    Ok(())
}
