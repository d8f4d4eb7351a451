//! How often does each word occur? Pieces of the text are counted by a pool, and added up here.
//!
//! `map` takes the pieces when the threads are ready for them, and gives the counts in order. It knows
//! how many there are still to come, which is all that a progress bar asks: on a terminal one is drawn
//! while the threads count. Prints the five most frequent words. Give it a file to count the words of
//! that instead:
//!
//! ```text
//! cargo run --release --example word_count -- README.md
//! ```

use std::collections::HashMap;
use std::thread::available_parallelism;
use std::{env, fs, io};

use indicatif::ProgressIterator;
use threadkit::ThreadPool;

const TEXT: &str = "\
A thread that waits is not a thread that works, and a thread that works alone is not much of a crew.
Give the crew a list of what there is to do, and let whoever is free take the next line of the list.
Nobody asks who took which line; the captain asks only that the list is done, and done in order.
";

/// How many lines one piece has.
const LINES: usize = 100;

type Counts = HashMap<String, usize>;

fn count(piece: String) -> Counts {
    let mut counts = Counts::new();
    for word in piece.split(|c: char| !c.is_alphanumeric() && c != '\'') {
        if !word.is_empty() {
            *counts.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    counts
}

fn main() -> io::Result<()> {
    let text = match env::args().nth(1) {
        Some(path) => fs::read_to_string(path)?,
        None => TEXT.repeat(5_000),
    };
    let lines: Vec<_> = text.lines().collect();
    let pieces = lines.chunks(LINES).map(|lines| lines.join("\n"));

    let pool = ThreadPool::new(available_parallelism()?.get());
    let mut total = Counts::new();
    // The bar is drawn to standard error, and not at all if that is no terminal.
    for counts in pool.map(pieces, count).progress() {
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
