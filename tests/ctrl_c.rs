//! Ctrl-C, once and twice, as a signal to a process of its own.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Lines, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Longer than any scenario takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// A scenario that runs.
struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// Kills the process unless it hears in time that all is well.
    _end: mpsc::Sender<()>,
}

impl Process {
    fn start(scenario: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_interrupted"))
            .arg(scenario)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the scenario can be run");
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
        assert_eq!(process.line().as_deref(), Some("ready"));
        process
    }

    fn line(&mut self) -> Option<String> {
        self.lines.next().map(|line| line.expect("it is text"))
    }

    fn press(&self) {
        signal(self.child.id(), libc::SIGINT);
    }

    /// The rest of what it says, and how it ends.
    fn end(mut self) -> (Vec<String>, ExitStatus, String) {
        let lines = self.lines.by_ref().map(|line| line.expect("it is text"));
        let lines = lines.collect();
        let mut err = String::new();
        let _ = self.child.stderr.take().unwrap().read_to_string(&mut err);
        (lines, self.child.wait().expect("it is our child"), err)
    }
}

fn signal(pid: u32, signal: i32) {
    // SAFETY: only sends a signal, to a child that has not been waited for, whose number is its own.
    unsafe { libc::kill(pid as libc::pid_t, signal) };
}

#[test]
fn once_and_the_threads_stop_and_main_returns() {
    let process = Process::start("worker-listens");
    process.press();
    let (lines, status, err) = process.end();
    assert_eq!(lines, ["worker stopped", "main"]);
    assert_eq!((status.code(), &*err), (Some(0), ""));
}

#[test]
fn the_exit_code_is_that_of_main() {
    let process = Process::start("main-listens-and-fails");
    process.press();
    let (lines, status, err) = process.end();
    assert!(lines.is_empty());
    assert_eq!(
        (status.code(), &*err),
        (Some(1), "Error: \"interrupted\"\n")
    );
}

#[test]
fn it_is_heard_when_main_has_returned() {
    let mut process = Process::start("main-has-returned");
    assert_eq!(process.line().as_deref(), Some("main"));
    process.press();
    let (lines, status, _) = process.end();
    assert_eq!(
        (lines, status.code()),
        (vec!["worker stopped".to_owned()], Some(0))
    );
}

#[test]
fn daemons_hear_it_too() {
    let process = Process::start("daemon-listens");
    process.press();
    let (mut lines, status, _) = process.end();
    lines.sort();
    assert_eq!(
        (&*lines, status.code()),
        (
            &["daemon stopped".to_owned(), "main".to_owned()][..],
            Some(0)
        )
    );
}

#[test]
fn twice_and_the_process_ends() {
    let mut process = Process::start("nobody-listens");
    process.press();
    // Not by a signal that comes while the first is pending, which would be one with it.
    assert_eq!(process.line().as_deref(), Some("once"));
    let before = Instant::now();
    process.press();
    let (lines, status, _) = process.end();
    assert_eq!((lines.len(), status.code()), (0, Some(130)));
    assert!(before.elapsed() < Duration::from_secs(20));
}
