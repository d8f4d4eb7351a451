//! Runs a scenario in a process of its own, for a limited time.

#![allow(dead_code, reason = "each test file uses a part of this")]

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::LONG;

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` if it had to be killed.
    pub(crate) status: Option<ExitStatus>,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) took: Duration,
}

impl Ended {
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }

    /// What it prints on standard error.
    pub(crate) fn complaints(&self) -> Vec<&str> {
        complaints(&self.err)
    }
}

/// The lines of standard error without those that stand around the message of each panic of `main`.
pub(crate) fn complaints(err: &str) -> Vec<&str> {
    let around = |line: &&str| {
        line.starts_with("thread 'main' ") || line.starts_with("note: run with `RUST_")
    };
    let lines = err.lines().filter(|line| !line.is_empty());
    lines.filter(|line| !around(line)).collect()
}

/// Runs a scenario, a word or several, to its end; fails the test if there is none.
#[track_caller]
pub(crate) fn scenario(name: &str) -> Ended {
    let ended = scenario_for(name, LONG);
    assert!(
        ended.status.is_some(),
        "`{name}` has not ended after {LONG:?}: {ended:?}"
    );
    ended
}

/// Runs a scenario for that long at most.
pub(crate) fn scenario_for(name: &str, limit: Duration) -> Ended {
    watch(name, limit, |_| ())
}

/// Runs a scenario whose standard error is closed, so that writing there fails.
pub(crate) fn scenario_unheard(name: &str) -> Ended {
    watch(name, LONG, |child| drop(child.stderr.take()))
}

/// Runs another program with these words, for that long at most.
pub(crate) fn run(program: &str, words: &str, limit: Duration) -> Ended {
    watch_program(program, words, limit, |_| ())
}

fn watch(name: &str, limit: Duration, prepare: impl FnOnce(&mut Child)) -> Ended {
    watch_program(env!("CARGO_BIN_EXE_process_ends"), name, limit, prepare)
}

fn watch_program(
    program: &str,
    words: &str,
    limit: Duration,
    prepare: impl FnOnce(&mut Child),
) -> Ended {
    // Measured before the start: a process may be far by the time that its start returns.
    let before = Instant::now();
    let mut child = Command::new(program)
        .args(words.split(' '))
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the scenario can be run");
    prepare(&mut child);
    let out = child.stdout.take().map(read_all);
    let err = child.stderr.take().map(read_all);
    let status = loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            break Some(status);
        }
        if before.elapsed() > limit {
            child.kill().expect("it is our child");
            child.wait().expect("it is our child");
            break None;
        }
        thread::sleep(Duration::from_millis(2));
    };
    let took = before.elapsed();
    let text = |reader: Option<thread::JoinHandle<String>>| {
        reader
            .map(|reader| reader.join().expect("it reads"))
            .unwrap_or_default()
    };
    Ended {
        status,
        out: text(out),
        err: text(err),
        took,
    }
}

fn read_all(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = Vec::new();
        let _ = from.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    })
}
