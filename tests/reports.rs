//! The pages that show reports and dumps show what is really printed.
//!
//! After a change, `UPDATE_REPORTS=1 cargo test -p threadkit-tests --test reports` writes the pages anew.
#![cfg(all(any(debug_assertions, feature = "explore"), target_os = "linux"))]

#[path = "support/process.rs"]
mod process;
mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::thread;

use support::LONG;

/// What stands on the page before each report, and the program that prints it.
const REPORTS: [(&str, &str); 16] = [
    (
        "cycle",
        "Threads that wait for each other, and one that waits behind them:",
    ),
    (
        "ended",
        "A lock whose guard was leaked by a thread that has ended:",
    ),
    (
        "readers",
        "A writer that waits for two readers, which wait for a lock of its own:",
    ),
    (
        "writer",
        "A thread that reads again, behind a writer that waits for its first guard:",
    ),
    (
        "task",
        "A task that needs what the thread holds that joins the task:",
    ),
    ("scope", "A scope whose thread needs what its owner holds:"),
    (
        "once",
        "A value that is made by a thread that needs what a waiter for the value holds:",
    ),
    (
        "queue",
        "A queue that is full, and whose consumer needs what the producer holds; the pool has nothing to do with it:",
    ),
    (
        "missing",
        "A latch that is never opened, because the threads that count down are stuck:",
    ),
    (
        "done",
        "A wait for all items of a queue, two of which were taken without `task_done()`:",
    ),
    (
        "producer",
        "A loop over the items of a queue, on the thread that owns the last producer:",
    ),
    (
        "endless",
        "A loop over the items of a queue that no thread shuts down, and that has no producer to do it:",
    ),
    (
        "bound",
        "A pool that may start no more threads for the task that would end the waits:",
    ),
    (
        "nobody",
        "Waits of each kind that no thread ends, and what would end them:",
    ),
    (
        "self",
        "A thread that acquires a lock that it holds already panics:",
    ),
    (
        "unwinding",
        "A thread that unwinds from a panic cannot panic once more, so there the message is printed, and the thread hangs:",
    ),
];

/// The text on standard error of a program, up to where the runtime adds something.
fn report(name: &str) -> String {
    let ended = process::run(env!("CARGO_BIN_EXE_reports"), name, LONG);
    assert_ne!(ended.code(), Some(0), "`{name}` has ended: {ended:?}");
    let is_said = |line: &&str| !line.starts_with("note: run with") && !line.is_empty();
    let lines: Vec<_> = ended.err.lines().filter(is_said).collect();
    // The number of the main thread for the system.
    let lines = lines
        .into_iter()
        .map(|line| match line.strip_prefix("thread 'main' (") {
            Some(rest) => format!(
                "thread 'main'{}",
                rest.trim_start_matches(|c: char| c != ')')
                    .trim_start_matches(')')
            ),
            None => line.to_owned(),
        });
    lines.collect::<Vec<_>>().join("\n")
}

/// A dump with the same numbers of the process and its threads, and the same times, in each run.
fn dump() -> String {
    let ended = process::run(env!("CARGO_BIN_EXE_reports"), "dump", LONG);
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let mut known = Vec::new();
    let text = replace_numbers(&ended.out, "process ", |_| "4711".to_owned());
    let text = replace_numbers(&text, "system ", |number| {
        let at = known
            .iter()
            .position(|other| *other == number)
            .unwrap_or(known.len());
        if at == known.len() {
            known.push(number.to_owned());
        }
        (4711 + at).to_string()
    });
    replace_numbers(&text, " waited ", |_| "1.0".to_owned())
        .trim_end()
        .to_owned()
}

fn replace_numbers(text: &str, before: &str, mut with: impl FnMut(&str) -> String) -> String {
    let mut parts = text.split(before);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        let number = if number.is_empty() {
            String::new()
        } else {
            with(number)
        };
        let _ = write!(out, "{before}{number}{rest}");
    }
    out
}

#[track_caller]
fn check(page: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../threadkit/src")
        .join(page);
    if std::env::var_os("UPDATE_REPORTS").is_some() {
        fs::write(&path, expected).expect("the page can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        found, expected,
        "{page} differs; write it anew with `UPDATE_REPORTS=1 cargo test -p threadkit-tests --test reports`"
    );
}

#[test]
fn the_page_shows_each_report_as_it_prints() {
    let reports = thread::scope(|scope| {
        let running = REPORTS.map(|(name, _)| scope.spawn(move || report(name)));
        running.map(|report| report.join().unwrap())
    });
    let mut page = String::new();
    for ((_, says), report) in REPORTS.iter().zip(&reports) {
        let _ = writeln!(page, "{says}\n\n```text\n{report}\n```\n");
    }
    check("inspect/reports.md", &page);
    for (at, one) in reports.iter().enumerate() {
        assert!(
            reports[at + 1..].iter().all(|other| other != one),
            "a report is there twice"
        );
    }
}

#[test]
fn the_page_shows_a_dump_as_it_prints() {
    check("dump/example.md", &format!("```text\n{}\n```\n", dump()));
}

#[test]
fn the_readme_shows_a_part_of_that_dump() {
    let page = include_str!("../threadkit/src/dump/example.md");
    let readme = include_str!("../README.md");
    let (_, part) = readme.split_once("Part of a dump looks like").unwrap();
    let (_, part) = part.split_once("```text\n").unwrap();
    let (part, _) = part.split_once("```").unwrap();
    assert!(part.lines().count() > 3, "{part}");
    for line in part.lines() {
        assert!(page.lines().any(|other| other == line), "{line}");
    }
}
