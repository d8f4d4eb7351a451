//! How often does each word occur? A pool counts the pieces of a text, and `main` adds the counts.
//!
//! `map` takes the pieces when the threads are ready for them, and returns the counts in order. It
//! knows how many are still to come, which is enough for a progress bar: on a terminal the program
//! draws one while the threads count. Prints the five most frequent words. Pass a file to count the
//! words of that file instead:
//!
//! ```text
//! cargo run --release --example word_count -- README.md
//! ```

use std::collections::HashMap;
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

    let pool = ThreadPool::default();
    let mut total = Counts::new();
    // The bar goes to standard error, and only if that is a terminal.
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
