//! A terminal program that stays responsive while threads work.
//!
//! Two threads look for prime numbers as fast as they can, while `main` draws a progress bar twenty
//! times a second and another thread reads the keyboard. Any key stops the search at once. Otherwise
//! the search ends by itself. Prints how many primes there are, or that it was stopped.
//!
//! `--quick` makes the search short, and so does an input that is not a terminal. A number searches
//! below that number.

use std::env;
use std::io::{self, IsTerminal, Read, Write};
use std::ops::Range;
use std::time::Duration;

use console::Term;
use threadkit::prelude::*;

const FRAME: Duration = Duration::from_millis(50);
const CHUNK: u64 = 1000;

struct Search {
    limit: u64,
    begun: u64,
    done: u64,
    primes: usize,
}

static SEARCH: Lock<Search> = Lock::new(Search {
    limit: 0,
    begun: 0,
    done: 0,
    primes: 0,
});

#[synchronized(search = SEARCH)]
fn next_chunk() -> Option<Range<u64>> {
    let begin = search.begun;
    search.begun = search.limit.min(begin + CHUNK);
    (begin < search.limit).then_some(begin..search.begun)
}

#[synchronized(search = SEARCH)]
fn note(chunk: Range<u64>, primes: usize) {
    search.done += chunk.end - chunk.start;
    search.primes += primes;
}

fn is_prime(number: &u64) -> bool {
    let number = *number;
    number >= 2
        && (2..)
            .take_while(|divisor| divisor * divisor <= number)
            .all(|divisor| !number.is_multiple_of(divisor))
}

#[thread]
fn search(stop: &StopToken) {
    while !stop.is_stopped()
        && let Some(chunk) = next_chunk()
    {
        let primes = chunk.clone().filter(is_prime).count();
        note(chunk, primes);
    }
}

/// Whether someone sees what is printed, and can press a key.
fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Ends when a key was pressed. A daemon, because nothing else ends its wait for input.
#[thread(daemon)]
fn key_press(stop: &StopToken) {
    let pressed = if is_interactive() {
        // A terminal gives a program whole lines, unless it asks for keys.
        Term::stdout().read_key().is_ok()
    } else {
        io::stdin().read(&mut [0]).is_ok_and(|bytes| bytes > 0)
    };
    if !pressed {
        stop.wait(); // nobody is there
    }
}

#[synchronized(search = SEARCH)]
fn draw() {
    let share = search.done as f64 / search.limit as f64;
    let bar = "#".repeat((share * 40.0) as usize);
    print!("\r[{bar:<40}] {:3.0} %", share * 100.0);
    // A bar that cannot be drawn is no reason to stop.
    let _ = io::stdout().flush();
}

fn limit() -> u64 {
    match env::args().nth(1).map(|argument| argument.parse()) {
        Some(Ok(limit)) => limit,
        None if io::stdin().is_terminal() => 5_000_000,
        _ => 100_000,
    }
}

#[threadkit::main]
fn main() -> Result<(), JoinError> {
    SEARCH.acquire().limit = limit().max(1);
    if is_interactive() {
        println!("Looking for primes; any key stops the search.");
    }
    let searchers = [search(), search()];
    let key = key_press();

    while !searchers.iter().all(JoinHandle::is_finished) {
        if io::stdout().is_terminal() {
            draw();
        }
        if key.wait_timeout(FRAME) {
            searchers.iter().for_each(|searcher| _ = searcher.stop());
            break;
        }
    }
    threadkit::join_all(searchers)?;

    draw();

    let search = SEARCH.acquire();
    if search.done == search.limit {
        println!(
            "\nThere are {} primes below {}.",
            search.primes, search.limit
        );
    } else {
        println!("\nStopped by a key press.");
    }
    if is_interactive() && !key.is_finished() {
        // The terminal is given back when the thread has its key.
        println!("Any key ends the program.");
        key.join()?;
    }
    Ok(())
}
