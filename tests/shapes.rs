//! Items of every shape under every form of every attribute: no warning, no error.
//!
//! The modules of `shapes/` make the cases, one for each combination. The cases are written into one crate, and clippy
//! checks it with every lint that a user may deny. A second crate has the same items without the attributes, and must
//! be as clean. So every warning in the first crate comes from the attributes.

use package::{Package, threadkit_as};

#[path = "shapes/functions.rs"]
mod functions;
#[path = "shapes/monitors.rs"]
mod monitors;
#[path = "support/package.rs"]
mod package;
#[path = "shapes/types.rs"]
mod types;

/// One item, with its attribute and without.
struct Case {
    with: String,
    without: String,
}

/// Takes one of several after the other.
struct Turns(usize);

impl Turns {
    fn new() -> Self {
        Self(0)
    }

    /// The next of `all`.
    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        self.0 += 1;
        // A step without a common divisor with any length, so that the lists do not repeat together.
        &all[(self.0 * 7919) % all.len()]
    }
}

/// The attribute called `word` with `arguments`, or without any.
fn attribute(word: &str, arguments: &str) -> String {
    match arguments {
        "" => format!("#[{word}]"),
        arguments => format!("#[{word}({arguments})]"),
    }
}

/// The items that all cases can use.
const PRELUDE: &str = include_str!("shapes/prelude.rs");

/// How many cases are put into one module.
const PER_MODULE: usize = 200;

/// A crate's source, and the text of the case that begins at each line.
struct Source {
    text: String,
    /// How many lines the text has, kept while it grows: to count them for each case would take long.
    lines: usize,
    cases: Vec<(usize, String)>,
}

impl Source {
    /// All `cases` in modules, in the order given.
    fn of(cases: impl Iterator<Item = String>) -> Self {
        let mut source = Self {
            text: String::new(),
            lines: 0,
            cases: Vec::new(),
        };
        source.push(PRELUDE);
        let cases: Vec<String> = cases.collect();
        for (index, module) in cases.chunks(PER_MODULE).enumerate() {
            source.push(&format!(
                "/// Cases.\npub mod cases_{index} {{\nuse crate::*;"
            ));
            for case in module {
                source.cases.push((source.lines + 1, case.clone()));
                source.push(case);
            }
            source.push("}");
        }
        source
    }

    /// Adds `part` and the end of its last line.
    fn push(&mut self, part: &str) {
        self.text.push_str(part);
        self.text.push('\n');
        self.lines += part.matches('\n').count() + 1;
    }

    /// The case that `line` belongs to.
    fn case_at(&self, line: usize) -> &str {
        let index = self.cases.partition_point(|(start, _)| *start <= line);
        match index.checked_sub(1) {
            Some(index) => &self.cases[index].1,
            None => "the prelude",
        }
    }
}

/// What clippy says about the crate, by cases.
fn complaints(name: &str, source: &Source) -> Vec<String> {
    let package = Package {
        name,
        edition: "2024",
        dependencies: &threadkit_as("threadkit"),
        sources: &[("lib.rs", &source.text)],
    };
    let output = package
        .cargo("clippy", "shapes")
        .args(["--message-format", "short"])
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo can be started");
    let told = String::from_utf8_lossy(&output.stderr);
    let mut complaints: Vec<String> = told
        .lines()
        .filter_map(|line| {
            let place = line.strip_prefix("src/lib.rs:")?;
            let (number, message) = place.split_once(':')?;
            let case = source.case_at(number.parse().ok()?);
            Some(format!("{message}\n{case}\n"))
        })
        .collect();
    if complaints.is_empty() && !output.status.success() {
        complaints.push(told.into_owned());
    }
    complaints
}

#[track_caller]
fn assert_clean(name: &str, source: &Source) {
    let complaints = complaints(name, source);
    let shown: Vec<&str> = complaints.iter().take(20).map(String::as_str).collect();
    assert!(
        complaints.is_empty(),
        "{} complaints about {name}, of which the first are\n{}",
        complaints.len(),
        shown.join("\n")
    );
}

#[test]
fn no_shape_is_refused_or_warned_about() {
    let mut cases = Vec::new();
    functions::add(&mut cases);
    types::add(&mut cases);
    monitors::add(&mut cases);
    assert!(cases.len() > 2000, "only {} cases", cases.len());
    let control = Source::of(cases.iter().map(|case| case.without.clone()));
    assert_clean("shapes-without", &control);
    let attributed = Source::of(cases.iter().map(|case| case.with.clone()));
    assert_clean("shapes-with", &attributed);
}
