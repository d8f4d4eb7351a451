//! A hang that SIGQUIT explains.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::run::{LIMIT, binary};

/// A program that is ended at the latest with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn lines_of(pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (tell, told) = mpsc::channel();
    threadkit::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let _ = tell.send(line);
        }
    });
    told
}

#[test]
fn hang() {
    let mut running = Running(
        Command::new(binary("hang"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example can be run"),
    );
    let child = &mut running.0;
    let out = lines_of(child.stdout.take().expect("it is piped"));
    let err = lines_of(child.stderr.take().expect("it is piped"));
    let mut input = child.stdin.take().expect("it is piped");
    let id = child.id().to_string();
    let hangs = out.recv_timeout(LIMIT).expect("it says that it hangs");
    assert_eq!(hangs, format!("process {id} hangs until its input ends"));

    // The searcher may not be as far as its wait when the first signal arrives.
    let end = Instant::now() + LIMIT;
    let dump = loop {
        assert!(Instant::now() < end, "the searcher does not wait");
        let sent = Command::new("kill").args(["-QUIT", &id]).status();
        assert!(sent.expect("there is such a program").success());
        let mut dump = Vec::new();
        while let Ok(line) = err.recv_timeout(match dump.is_empty() {
            true => LIMIT,
            false => Duration::from_millis(300),
        }) {
            dump.push(line);
        }
        let is_seen =
            |line: &String| line.starts_with("`searcher` (") && line.contains(" has waited ");
        if !cfg!(debug_assertions) || dump.iter().any(is_seen) {
            break dump;
        }
    };
    let line = |start: &str| {
        let found = dump
            .iter()
            .find(|line| line.trim_start().starts_with(start));
        found.unwrap_or_else(|| panic!("no `{start}` in {dump:#?}"))
    };
    assert!(
        line("process ").starts_with(&format!("process {id}: 3 threads")),
        "{dump:#?}"
    );
    let runs = match cfg!(debug_assertions) {
        true => ") has been running for ",
        false => ") is running",
    };
    assert!(line("`importer` (").contains(runs), "{dump:#?}");
    if cfg!(debug_assertions) {
        let held = line("holds `index` (");
        assert!(
            held.contains("(examples/hang.rs:15:") && held.contains(" since examples/hang.rs:21:"),
            "{held}"
        );
        let wait = line("`searcher` (");
        assert!(
            wait.contains(" in acquire at examples/hang.rs:31:"),
            "{wait}"
        );
        assert!(
            wait.contains(", held by `importer` since examples/hang.rs:21:"),
            "{wait}"
        );
        assert!(
            !dump.iter().any(|line| line.starts_with("deadlock")),
            "{dump:#?}"
        );
    }

    // It goes on, to its end.
    input.write_all(b"hay\nneedle\n").expect("it reads");
    drop(input);
    let answer = out.recv_timeout(LIMIT);
    assert_eq!(answer.as_deref(), Ok("\"needle\" is there: true"));
    assert!(child.wait().expect("it is our child").success());
}
