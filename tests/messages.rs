//! The page of all messages, `threadkit-macros/docs/messages.md`, is made from the cases of `ui/fail`.
//!
//! `UPDATE_MESSAGES=1 cargo test -p threadkit-tests --test messages` writes it anew; read the difference.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// How the page begins.
const TOP: &str = "\
# All messages

What the attributes, and the traits behind them, say to code that does not compile: each message once, with \
a line that brings it about. The whole programs, and all that the compiler says about them, are in \
`tests/ui/fail`. This page is made from them, by \
`UPDATE_MESSAGES=1 cargo test -p threadkit-tests --test messages`.

A message is in lower case and has no full stop. It says what is wrong, then what to write.
";

/// The sections: what the names of their cases begin with, and their headings.
const SECTIONS: &[(&[&str], &str)] = &[
    (&["thread"], "`#[thread]` and `#[derive(Thread)]`"),
    (&["synchronized", "unsynchronized"], "`#[synchronized]`"),
    (&["monitor"], "`#[monitor]` and `#[when]`"),
    (&["main"], "`#[threadkit::main]`"),
    (&["explore"], "`#[threadkit::explore]`"),
    (&["crate"], "All attributes"),
    (&[""], "The library"),
];

/// One error.
#[derive(Default)]
struct Report {
    message: String,
    code: Option<String>,
    /// The number of the line of the program that it blames.
    number: String,
    /// That line.
    line: String,
    /// What stands at the marks below, and the notes.
    notes: Vec<String>,
}

/// The reports in what the compiler said.
fn reports(text: &str) -> Vec<Report> {
    let mut reports: Vec<Report> = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("error") {
            let (code, message) = match rest.split_once("]: ") {
                Some((code, message)) => (Some(code.trim_start_matches('[').into()), message),
                None => (None, rest.trim_start_matches(": ")),
            };
            reports.push(Report {
                message: message.into(),
                code,
                ..Report::default()
            });
            continue;
        }
        let Some(report) = reports.last_mut() else {
            continue;
        };
        if let Some(note) = line.trim_start().strip_prefix("= note: ") {
            report.notes.push(note.into());
        } else if let Some((_, place)) = line.split_once("--> ")
            && report.number.is_empty()
        {
            report.number = place.split(':').nth(1).unwrap_or_default().into();
        } else if let Some((number, source)) = line.split_once(" | ")
            && report.line.is_empty()
            && number.trim() == report.number
        {
            report.line = source.trim().into();
        } else if let Some((margin, marks)) = line.split_once("| ")
            && margin.trim().is_empty()
            && let Some((_, label)) = marks.split_once("^ ")
            && report.notes.is_empty()
        {
            report.notes.push(label.trim().into());
        }
    }
    reports
}

/// Cases about errors that the compiler itself still reports.
const OTHERS: &[&str] = &[
    "counter_passed_by_value",
    "dead_code_is_still_found",
    "lints_still_fire",
    "results_thrown_away",
];

/// Messages of the compiler without a code.
const THEIRS: &[&str] = &[
    "aborting due to",
    "derive helper attribute",
    "future cannot be sent",
    "unknown format trait",
];

/// Whether the words are ours. A message of an attribute has no code, and one of a trait has one of these codes. For a
/// method that exists only to explain what to write, the compiler adds its own words.
fn is_ours(report: &Report) -> bool {
    match report.code.as_deref() {
        None => !THEIRS.iter().any(|start| report.message.starts_with(start)),
        Some("E0277") => report.notes.iter().any(|note| is_our_note(note)),
        Some("E0599") => !["no ", "the method "]
            .iter()
            .any(|start| report.message.starts_with(start)),
        Some(_) => false,
    }
}

/// Whether the compiler says something else by a note of this kind.
fn is_our_note(note: &str) -> bool {
    let theirs = [
        "required ",
        "the trait ",
        "the full ",
        "this error originates",
        "consider ",
        "unsatisfied trait bound",
        "`",
        "within ",
        "the following ",
        "but trait ",
        "for that trait",
        "all implementations",
        "expected ",
        "if you want to do aliasing",
        "in format strings",
    ];
    !theirs.iter().any(|start| note.starts_with(start))
}

/// A cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// `text` as code, whatever quotes are in it.
fn code(text: &str) -> String {
    match text.contains('`') {
        true => format!("`` {text} ``"),
        false => format!("`{text}`"),
    }
}

fn page() -> String {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/fail");
    let mut sections: BTreeMap<usize, BTreeMap<String, (String, String)>> = BTreeMap::new();
    let mut files: Vec<_> = fs::read_dir(&cases)
        .expect("the cases")
        .map(|entry| entry.expect("a case").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "stderr"))
        .collect();
    files.sort();
    for file in files {
        let name = file.file_stem().and_then(|name| name.to_str());
        let name = name.expect("a name").to_owned();
        if OTHERS.contains(&name.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("what the compiler said");
        let section = SECTIONS
            .iter()
            .position(|(starts, _)| starts.iter().any(|start| name.starts_with(start)))
            .expect("the last section takes all");
        for report in reports(&text).into_iter().filter(is_ours) {
            let mut said = report.message.clone();
            if report.code.is_some() {
                let notes = report.notes.iter().filter(|note| is_our_note(note));
                for note in notes {
                    write!(said, "<br>{note}").expect("text");
                }
            }
            let all = sections.entry(section).or_default();
            all.entry(said)
                .or_insert_with(|| (report.line.clone(), name.clone()));
        }
    }
    let mut page = String::from(TOP);
    for (section, reports) in sections {
        let (_, heading) = SECTIONS[section];
        write!(
            page,
            "\n## {heading}\n\n| says | of | in |\n| --- | --- | --- |\n"
        )
        .expect("text");
        for (said, (line, file)) in reports {
            let (said, line) = (cell(&said), cell(&code(&line)));
            writeln!(page, "| {said} | {line} | {file} |").expect("text");
        }
    }
    page
}

#[test]
fn the_page_of_messages_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../threadkit-macros/docs/messages.md");
    let page = page();
    if env::var_os("UPDATE_MESSAGES").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == known,
        "threadkit-macros/docs/messages.md is out of date: run with UPDATE_MESSAGES=1, and read the difference"
    );
}
