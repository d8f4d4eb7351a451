//! How often does each word occur? Pieces of the text are counted by a pool, and added up here.
//!
//! `map` takes the pieces when the threads are ready for them, and gives the counts in order, so a text of
//! any length needs memory for a few pieces only. Prints the five most frequent words. Give it a file
//! to count the words of that instead:
//!
//! ```text
//! cargo run --release --example word_count -- README.md
//! ```

use std::collections::HashMap;
use std::thread::available_parallelism;
use std::{env, fs, io};

use threadkit::ThreadPool;

const TEXT: &str = "\
A thread that waits is not a thread that works, and a thread that works alone is not much of a crew.
Give the crew a list of what there is to do, and let whoever is free take the next line of the list.
Nobody asks who took which line; the captain asks only that the list is done, and done in order.
";

/// How many lines one piece has.
const LINES: usize = 1000;

type Counts = HashMap<String, usize>;

fn count(lines: Vec<String>) -> Counts {
    let mut counts = Counts::new();
    for line in lines {
        for word in line.split(|c: char| !c.is_alphanumeric() && c != '\'') {
            if !word.is_empty() {
                *counts.entry(word.to_lowercase()).or_default() += 1;
            }
        }
    }
    counts
}

fn main() -> io::Result<()> {
    let text = match env::args().nth(1) {
        Some(path) => fs::read_to_string(path)?,
        None => TEXT.repeat(5_000),
    };
    let mut lines = text.lines().map(str::to_owned);
    let pieces = std::iter::from_fn(|| {
        let piece: Vec<_> = lines.by_ref().take(LINES).collect();
        (!piece.is_empty()).then_some(piece)
    });

    let pool = ThreadPool::new(available_parallelism()?.get());
    let mut total = Counts::new();
    for counts in pool.map(pieces, count) {
        for (word, n) in counts {
            *total.entry(word).or_default() += n;
        }
    }

    let mut ranking: Vec<_> = total.into_iter().collect();
    ranking.sort_by(|(word, n), (other, m)| m.cmp(n).then(word.cmp(other)));
    for (word, n) in ranking.iter().take(5) {
        println!("{n:6} {word}");
    }
    Ok(())
}
