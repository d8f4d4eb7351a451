//! How `main` ends and which thread runs beside it: the common parts of these programs, each chosen by a word.

use std::io::{self, Write};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use threadkit::{Event, Thread, stop_token};

/// As long as no thread waits.
pub(crate) const EVER: Duration = Duration::from_secs(3600);

/// A line on standard output, written at once and whole.
pub(crate) fn say(line: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .expect("somebody reads");
}

/// Whether `main` is about to leave.
pub(crate) static LEAVING: AtomicBool = AtomicBool::new(false);

/// Ends `main` in this way, after a last line that says so.
pub(crate) fn end(how: &str) -> Result<(), String> {
    /// By the time that this is dropped, the panic has been reported.
    struct LastWord;
    impl Drop for LastWord {
        fn drop(&mut self) {
            say("main");
            LEAVING.store(true, Ordering::Relaxed);
        }
    }
    let last_word = LastWord;
    match how {
        "returns" => Ok(()),
        "fails" => Err("bad luck".to_owned()),
        "panics" => panic!("main gives up"),
        "exits" => {
            drop(last_word);
            process::exit(7)
        }
        other => panic!("no scenario `{other}`"),
    }
}

/// Starts a thread beside `main`, and returns when it runs.
pub(crate) fn start(who: &str) {
    let (daemon, hears) = match who {
        "worker" => (false, true),
        "daemon" => (true, true),
        "deaf-worker" => (false, false),
        "deaf-daemon" => (true, false),
        other => panic!("nobody is called `{other}`"),
    };
    let stopped = format!("{who} stopped");
    let runs = Arc::new(Event::new());
    let tell = Arc::clone(&runs);
    let body = move || {
        tell.set();
        if hears {
            stop_token().wait();
            say(&stopped);
        } else {
            threadkit::sleep(EVER);
        }
    };
    drop(Thread::new(body).daemon(daemon).start());
    runs.wait();
}
