//! SIGQUIT prints a dump, and the program goes on.

#![cfg(unix)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use support::LONG;

/// Starts a program of `dumps` that reacts to the signal, and returns when it is ready.
struct Quits {
    child: Child,
    out: mpsc::Receiver<String>,
    err: mpsc::Receiver<String>,
}

impl Quits {
    fn start(name: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dumps"))
            .arg(name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be run");
        let out = lines_of(child.stdout.take().unwrap());
        let err = lines_of(child.stderr.take().unwrap());
        let quits = Self { child, out, err };
        quits.expect_ready();
        quits
    }

    fn expect_ready(&self) {
        assert_eq!(self.out.recv_timeout(LONG).as_deref(), Ok("ready"));
    }

    fn quit(&self) {
        let process = libc::pid_t::try_from(self.child.id()).unwrap();
        // SAFETY: a call without pointers, for a child that was not waited for, so that the number is its own.
        assert_eq!(unsafe { libc::kill(process, libc::SIGQUIT) }, 0);
    }

    /// The lines of standard error up to the one with that text.
    fn err_up_to(&self, text: &str) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        while !lines.last().is_some_and(|line| line.contains(text)) {
            match self.err.recv_timeout(LONG) {
                Ok(line) => lines.push(line),
                Err(_) => panic!("no `{text}` in {lines:#?}"),
            }
        }
        lines
    }
}

impl Drop for Quits {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(from: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let _ = tell.send(line);
        }
    });
    told
}

#[test]
fn a_program_goes_on_after_each_dump() {
    let mut quits = Quits::start("quit");
    for round in 0..2 {
        quits.quit();
        let lines = quits.err_up_to("`main` (1");
        assert!(lines[0].starts_with("process "), "{lines:#?}");
        quits
            .child
            .stdin
            .as_mut()
            .unwrap()
            .write_all(b"\n")
            .unwrap();
        if round == 0 {
            quits.expect_ready();
        }
    }
    assert_eq!(quits.out.recv_timeout(LONG).as_deref(), Ok("still here"));
    assert!(quits.child.wait().unwrap().success());
}

#[test]
fn a_program_whose_threads_all_sleep_is_dumped() {
    let quits = Quits::start("quit-deadlock");
    quits.quit();
    if cfg!(all(
        any(debug_assertions, feature = "explore"),
        target_os = "linux"
    )) {
        // It may not be asleep at the first time.
        let is_found = || {
            quits.quit();
            let lines = quits.err_up_to("`main` (1");
            lines
                .iter()
                .any(|line| line.starts_with("deadlock: all threads sleep"))
        };
        assert!((0..100).any(|_| is_found()));
    } else {
        quits.err_up_to("`main` (1");
    }
}
