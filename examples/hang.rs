//! A program that hangs, and says why when you ask it.
//!
//! Run it with `--features signals` on Unix, type a few words, each on a line of its own, and then press Ctrl-\. The
//! terminal sends SIGQUIT, and the program prints what all of its threads do: `searcher` waits for the lock `index`,
//! which `importer` holds, and where `importer` acquired it. `importer` itself reads the input, so this is no deadlock,
//! and there is no report of one. The program goes on, and ends when the input does (Ctrl-D).
//!
//! Prints a line when it hangs, and at the end whether the word "needle" was in the input.

use std::io::{self, Write};
use std::process;
use threadkit::Event;
use threadkit::prelude::*;

static INDEX: Lock<Vec<String>> = Lock::named("index", Vec::new());
static IMPORT_HAS_BEGUN: Event = Event::new();

#[thread(name = "importer")]
fn import() -> io::Result<()> {
    // The mistake: it keeps the lock while it waits for the input.
    let mut index = INDEX.acquire();
    IMPORT_HAS_BEGUN.set();
    for word in io::stdin().lines() {
        index.push(word?);
    }
    Ok(())
}

#[thread(name = "searcher")]
fn search(word: &'static str) -> bool {
    INDEX.acquire().iter().any(|found| found == word)
}

#[threadkit::main]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    threadkit::dump_on_sigquit()?;
    let importer = import();
    IMPORT_HAS_BEGUN.wait();
    let searcher = search("needle");
    println!("process {} hangs until its input ends", process::id());
    io::stdout().flush()?;
    println!("\"needle\" is there: {}", searcher.join()?);
    importer.join()??;
    Ok(())
}
