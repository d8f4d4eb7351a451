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
}

/// Runs a scenario to its end; fails the test if there is none.
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
    watch(
        command(name)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn(),
        limit,
    )
}

/// Runs a scenario whose standard error nobody reads, so that writing there fails.
pub(crate) fn scenario_unheard(name: &str) -> Ended {
    let child = command(name)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    watch(
        child.map(|mut child| {
            drop(child.stderr.take());
            child
        }),
        LONG,
    )
}

fn command(name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scenario"));
    command
        .arg(name)
        .stdin(Stdio::null())
        .env("RUST_BACKTRACE", "0");
    command
}

fn watch(child: std::io::Result<Child>, limit: Duration) -> Ended {
    let before = Instant::now();
    let mut child = child.expect("the scenario can be run");
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
