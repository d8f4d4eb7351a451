//! Ctrl-C, once and twice, as a signal to a process of its own.

#![cfg(unix)]

#[path = "support/process.rs"]
mod process;
mod support;

use std::io::{BufRead, BufReader, Lines, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use process::complaints;
use support::LONG;

/// How long daemons have to end after they were stopped.
const GRACE: Duration = Duration::from_millis(200);

/// Processes that hear Ctrl-C, by the attribute of `main` and by a call.
const PROGRAMS: [&str; 2] = [
    env!("CARGO_BIN_EXE_interrupted"),
    env!("CARGO_BIN_EXE_interrupted_by_call"),
];

/// How `main` ends when it is stopped; `leaves` ends it before.
struct Main {
    how: &'static str,
    code: i32,
    err: &'static [&'static str],
}

const RETURNS: Main = main_that("returns", 0, &[]);
const LEAVES: Main = main_that("leaves", 0, &[]);
const FAILS: Main = main_that("fails", 1, &["Error: \"bad luck\""]);
const PANICS: Main = main_that("panics", 101, &["main gives up"]);
const EXITS: Main = main_that("exits", 7, &[]);

const fn main_that(how: &'static str, code: i32, err: &'static [&'static str]) -> Main {
    Main { how, code, err }
}

/// A process that is interrupted.
struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// Kills the process, unless a message says in time that all is well.
    _end: mpsc::Sender<()>,
}

/// The end of a process, from the last time that Ctrl-C was pressed.
#[derive(Debug)]
struct Ended {
    /// Sorted, because threads that are stopped at the same time print in any order.
    lines: Vec<String>,
    err: String,
    code: Option<i32>,
    took: Duration,
}

impl Process {
    /// Starts a process, until it is ready to be interrupted.
    fn start(program: &str, how: &str, beside: &[&str]) -> Self {
        let mut child = Command::new(program)
            .arg(how)
            .args(beside)
            .env("RUST_BACKTRACE", "0")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be run");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (end, ended) = mpsc::channel::<()>();
        let pid = child.id();
        thread::spawn(move || {
            if ended.recv_timeout(LONG) == Err(mpsc::RecvTimeoutError::Timeout) {
                signal(pid, libc::SIGKILL);
            }
        });
        let mut process = Self {
            child,
            lines,
            _end: end,
        };
        assert_eq!(process.line(), "ready");
        process
    }

    fn line(&mut self) -> String {
        let line = self.lines.next().expect("it goes on");
        line.expect("it is text")
    }

    fn press(&self) {
        signal(self.child.id(), libc::SIGINT);
    }

    /// Presses Ctrl-C, and waits for the end.
    fn end(mut self) -> Ended {
        let before = Instant::now();
        self.press();
        let lines = self.lines.by_ref().map(|line| line.expect("it is text"));
        let mut lines: Vec<_> = lines.collect();
        lines.sort_unstable();
        let mut err = String::new();
        let mut from = self.child.stderr.take().unwrap();
        from.read_to_string(&mut err).expect("it is text");
        let status = self.child.wait().expect("it is our child");
        Ended {
            lines,
            err,
            code: status.code(),
            took: before.elapsed(),
        }
    }
}

fn signal(pid: u32, signal: i32) {
    // SAFETY: only sends a signal, to a child that has not been waited for, whose number is its own.
    unsafe { libc::kill(pid as libc::pid_t, signal) };
}

/// Checks each case with each program. They run at the same time, because most of them wait.
fn all<C: Sync>(cases: &[C], check: impl Fn(&'static str, &C) + Sync) {
    thread::scope(|scope| {
        for program in PROGRAMS {
            for case in cases {
                let check = &check;
                scope.spawn(move || check(program, case));
            }
        }
    });
}

/// The thread beside `main`, the message at the first Ctrl-C, and whether the thread uses up the grace period.
type Beside = (&'static [&'static str], &'static [&'static str], bool);

const BESIDE: &[Beside] = &[
    (&[], &["main"], false),
    (&["worker"], &["main", "worker stopped"], false),
    (&["daemon"], &["daemon stopped", "main"], false),
    (&["deaf-daemon"], &["main"], true),
    (
        &["deaf-daemon", "daemon", "worker"],
        &["daemon stopped", "main", "worker stopped"],
        true,
    ),
];

#[test]
fn once_and_the_threads_stop_and_main_ends_as_it_does() {
    let cases: Vec<_> = [RETURNS, FAILS, PANICS]
        .into_iter()
        .flat_map(|main| BESIDE.iter().map(move |beside| (Main { ..main }, beside)))
        .collect();
    all(&cases, |program, (main, (beside, lines, grace))| {
        let ended = Process::start(program, main.how, beside).end();
        let what = format!("{program} {} {beside:?}: {ended:?}", main.how);
        assert_eq!(ended.lines, *lines, "{what}");
        assert_eq!(complaints(&ended.err), main.err, "{what}");
        assert_eq!(ended.code, Some(main.code), "{what}");
        assert!(ended.took >= GRACE || !grace, "{what}");
        assert!(ended.took < Duration::from_secs(20), "{what}");
    });
}

#[test]
fn once_and_a_main_that_exits_waits_for_no_thread() {
    all(&["deaf-daemon", "deaf-worker"], |program, beside| {
        let ended = Process::start(program, EXITS.how, &[beside]).end();
        assert_eq!(
            (&*ended.lines, &*ended.err, ended.code),
            (&["main".to_owned()][..], "", Some(EXITS.code)),
            "{program} {beside}: {ended:?}"
        );
    });
}

#[test]
fn once_when_main_has_returned_and_waits() {
    const BESIDE: &[&[&str]] = &[&["worker"], &["worker", "deaf-daemon"]];
    all(BESIDE, |program, beside| {
        let mut process = Process::start(program, LEAVES.how, beside);
        assert_eq!(process.line(), "main");
        let ended = process.end();
        assert_eq!(
            (&*ended.lines, &*ended.err, ended.code),
            (&["worker stopped".to_owned()][..], "", Some(LEAVES.code)),
            "{program} {beside:?}: {ended:?}"
        );
    });
}

/// A process that the first Ctrl-C does not end: how `main` ends, if at all; which thread runs beside it; and what is
/// printed at the first Ctrl-C, sorted.
type Stuck = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const STUCK: &[Stuck] = &[
    ("deaf", &[], &["main is deaf"], &[]),
    (
        "deaf",
        &["worker"],
        &["main is deaf", "worker stopped"],
        &[],
    ),
    (
        "deaf",
        &["daemon"],
        &["daemon stopped", "main is deaf"],
        &[],
    ),
    ("deaf", &["deaf-daemon"], &["main is deaf"], &[]),
    ("deaf", &["deaf-worker"], &["main is deaf"], &[]),
    ("returns", &["deaf-worker"], &["main"], &[]),
    // A worker that ignores the stop keeps `main` from ending, so the error of `main` is never printed.
    ("fails", &["deaf-worker"], &["main"], &[]),
    ("panics", &["deaf-worker"], &["main"], PANICS.err),
    ("returns", &["deaf-worker", "deaf-daemon"], &["main"], &[]),
    (
        "returns",
        &["deaf-worker", "daemon"],
        &["daemon stopped", "main"],
        &[],
    ),
];

#[test]
fn twice_and_the_process_ends() {
    all(STUCK, |program, (how, beside, first, err)| {
        let mut process = Process::start(program, how, beside);
        process.press();
        // Not by a signal that arrives while the first is pending: the system would merge the two.
        let mut lines: Vec<_> = first.iter().map(|_| process.line()).collect();
        lines.sort_unstable();
        let ended = process.end();
        let what = format!("{program} {how} {beside:?}: {lines:?}, {ended:?}");
        assert_eq!(lines, *first, "{what}");
        assert!(ended.lines.is_empty(), "{what}");
        assert_eq!(complaints(&ended.err), *err, "{what}");
        assert_eq!(ended.code, Some(130), "{what}");
        assert!(ended.took < Duration::from_secs(20), "{what}");
    });
}
