//! Several tasks that wait at the same time.
//!
//! Three downloads take 100, 200 and 300 milliseconds; a sleep stands for the network. Prints a
//! line when each arrives, then that all of them together took hardly longer than the longest.

use std::time::{Duration, Instant};
use threadkit::prelude::*;

fn download(file: &str, takes: Duration) -> Duration {
    threadkit::sleep(takes);
    println!("{file} has arrived");
    takes
}

fn main() -> Result<(), JoinError> {
    let began = Instant::now();
    let downloads = [("a large film", 300), ("a song", 200), ("a poem", 100)]
        .map(|(file, ms)| threadkit::spawn(move || download(file, Duration::from_millis(ms))));
    let one_by_one: Duration = threadkit::join_all(downloads)?.iter().sum();

    println!("together: {} ms", began.elapsed().as_millis());
    println!("one after the other: {} ms", one_by_one.as_millis());
    Ok(())
}
