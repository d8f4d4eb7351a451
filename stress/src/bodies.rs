//! The commands around generated programs.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crate::child::{Mode, Session};
use crate::coverage;
use crate::generate::generate;
use crate::options::Options;
use crate::print::source;
use crate::shrink::{class, shrink};
use crate::tape::Tape;

/// The default number of schedules for each program.
const RUNS: u64 = 16;

/// Schedules for each step of shrinking.
const SHRINK_RUNS: u64 = 200;

/// How long a program may take on free threads.
const LIMIT: Duration = Duration::from_secs(20);

/// The same, once the program is known to hang.
const SHRINK_LIMIT: Duration = Duration::from_secs(4);

/// What a search has found.
#[derive(Default)]
struct Found {
    programs: AtomicU64,
    /// Sorted by the class of the failure and the statements of the program.
    failures: Mutex<BTreeMap<String, usize>>,
    reported: AtomicUsize,
    cells: Mutex<Vec<String>>,
}

/// Both ways of running a program; exploration comes first, because its failures are quick and can
/// be repeated.
fn modes(runs: u64, seed: u64) -> Vec<Mode> {
    let free = Mode::Free {
        runs: 2,
        limit: LIMIT,
    };
    match cfg!(feature = "explore") {
        true => vec![Mode::Explore { runs, seed }, free],
        false => vec![free],
    }
}

/// Searches for programs that fail, and shrinks them.
pub(crate) fn bodies(options: &Options) -> ExitCode {
    if !cfg!(feature = "explore") {
        println!("note: on free threads only; build with `--features explore` for schedules");
    }
    let found = search(options);
    let programs = found.programs.load(Relaxed);
    let failures = found.failures.into_inner().unwrap_or_default();
    println!(
        "{programs} programs from seed {}, {} failures",
        options.seed,
        failures.values().sum::<usize>()
    );
    for (class, count) in &failures {
        println!("  {count} times: {class}");
    }
    ExitCode::from(u8::from(!failures.is_empty()))
}

fn search(options: &Options) -> Found {
    let found = Found::default();
    let next = AtomicU64::new(options.number);
    let end = Instant::now() + options.time;
    thread::scope(|s| {
        for _ in 0..options.jobs {
            s.spawn(|| {
                let mut session = Session::new(&options.without_list);
                while Instant::now() < end && found.reported.load(Relaxed) < options.failures {
                    let number = next.fetch_add(1, Relaxed);
                    look_at(options, number, &mut session, &found);
                }
                let cells = session.into_cells();
                if let Ok(mut all) = found.cells.lock() {
                    all.extend(cells);
                }
            });
        }
    });
    found
}

fn look_at(options: &Options, number: u64, session: &mut Session, found: &Found) {
    let mut tape = Tape::random(options.seed, number);
    let program = generate(&mut tape, &options.without);
    found.programs.fetch_add(1, Relaxed);
    let seed = options.seed.wrapping_add(number);
    for mode in modes(options.runs.unwrap_or(RUNS), seed) {
        if program.alone && mode.name() == "explore" {
            // A stop of all threads stops all runs.
            continue;
        }
        let Err(text) = session.check(&tape, mode, program.alone) else {
            continue;
        };
        if options.shrink.is_zero() {
            eprintln!("program {number} fails ({}): {text}", mode.name());
            return;
        }
        report(options, number, &tape, mode, &text, session, found);
        return;
    }
}

fn report(
    options: &Options,
    number: u64,
    tape: &Tape,
    mode: Mode,
    text: &str,
    session: &mut Session,
    found: &Found,
) {
    let first = class(text);
    println!(
        "program {number} of seed {} fails ({}): {text}",
        options.seed,
        mode.name()
    );
    let mode = match mode {
        Mode::Explore { seed, .. } => Mode::Explore {
            runs: SHRINK_RUNS,
            seed,
        },
        Mode::Free { .. } => Mode::Free {
            runs: 4,
            limit: SHRINK_LIMIT,
        },
    };
    let read = |tape: &Tape| {
        let mut tape = Tape::new(tape.bytes().to_vec());
        let program = generate(&mut tape, &options.without);
        (tape, program)
    };
    let mut last = text.to_owned();
    let small = shrink(
        Tape::new(tape.bytes().to_vec()),
        options.shrink,
        |tape| read(tape).0.spans(),
        |tape| match session.check(tape, mode, read(tape).1.alone) {
            Err(text) if class(&text) == first => {
                last = text;
                true
            }
            _ => false,
        },
    );
    let (_, program) = read(&small);
    println!("shrunk to {} bytes: {last}", small.bytes().len());
    println!("{}", source(&program));
    let without = match options.without_list.as_str() {
        "" => String::new(),
        list => format!(" --without {list}"),
    };
    let seed = match mode {
        Mode::Explore { seed, .. } => format!(" --seed {seed}"),
        Mode::Free { .. } => String::new(),
    };
    println!(
        "repeat it with: repeat {} --mode {} --runs {SHRINK_RUNS}{seed}{without}\n",
        small.to_hex(),
        mode.name()
    );
    found.reported.fetch_add(1, Relaxed);
    if let Ok(mut failures) = found.failures.lock() {
        *failures.entry(first).or_default() += 1;
    }
}

/// The tape that was given, or the one of that number and seed.
fn tape_of(options: &Options) -> Option<Tape> {
    let Some(text) = options.words.first() else {
        return Some(Tape::random(options.seed, options.number));
    };
    let tape = Tape::from_hex(text);
    if tape.is_none() {
        eprintln!("a tape is a row of hexadecimal digits, as a failure prints it");
    }
    tape
}

/// Prints the program on a tape as Rust.
pub(crate) fn print(options: &Options) -> ExitCode {
    let Some(mut tape) = tape_of(options) else {
        return ExitCode::from(2);
    };
    println!("{}", source(&generate(&mut tape, &options.without)));
    ExitCode::SUCCESS
}

/// Runs the program on a tape again.
pub(crate) fn repeat(options: &Options) -> ExitCode {
    let Some(mut tape) = tape_of(options) else {
        return ExitCode::from(2);
    };
    let program = generate(&mut tape, &options.without);
    let runs = options.runs.unwrap_or(SHRINK_RUNS);
    let free = Mode::Free { runs, limit: LIMIT };
    let modes = match options.mode.as_deref() {
        Some("explore") => vec![Mode::Explore {
            runs,
            seed: options.seed,
        }],
        Some(_) => vec![free],
        None => modes(runs, options.seed),
    };
    let mut session = Session::new(&options.without_list);
    let mut code = ExitCode::SUCCESS;
    for mode in modes {
        if program.alone && mode.name() == "explore" {
            continue;
        }
        match session.check(&tape, mode, program.alone) {
            Ok(()) => println!("{}: passes", mode.name()),
            Err(text) => {
                println!("{}: fails: {text}", mode.name());
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

/// Bodies written by hand that cover a cell, as rows of a table: operation, state, file and test.
const BY_HAND: &str = include_str!("../by_hand.md");

/// Prints which operations ran in which states.
pub(crate) fn coverage(options: &Options) -> ExitCode {
    let options = Options {
        failures: usize::MAX,
        shrink: Duration::ZERO,
        ..options.clone()
    };
    let found = search(&options);
    let mut counts: BTreeMap<(String, usize), u64> = BTreeMap::new();
    for cell in found.cells.into_inner().unwrap_or_default() {
        let parts: Vec<_> = cell.split('|').collect();
        if let [what, at, count] = parts.as_slice()
            && let (Ok(at), Ok(count)) = (at.parse::<usize>(), count.parse::<u64>())
        {
            *counts.entry(((*what).to_owned(), at)).or_default() += count;
        }
    }
    println!("{}", include_str!("coverage.md"));
    let heads: Vec<_> = coverage::ALL.iter().map(|(_, name)| *name).collect();
    println!("| operation | {} |", heads.join(" | "));
    println!("| --- |{}", " ---: |".repeat(heads.len()));
    for (what, of) in coverage::OPERATIONS {
        let cells: Vec<_> = (coverage::ALL.iter())
            .map(|(at, state)| {
                let by_hand = BY_HAND.lines().filter(|line| {
                    let mut cells = line.split('|').map(str::trim).skip(1);
                    cells.next() == Some(what) && cells.next() == Some(*state)
                });
                let by_hand = by_hand.count();
                let count = counts.get(&(what.to_owned(), *at as usize)).copied();
                match (count, by_hand) {
                    (Some(count), 0) => count.to_string(),
                    (Some(count), more) => format!("{count} + {more}"),
                    (None, more) if more > 0 => format!("+ {more}"),
                    _ if coverage::applies(what, of, *at) => "none".to_owned(),
                    _ => String::new(),
                }
            })
            .collect();
        println!("| {what} | {} |", cells.join(" | "));
    }
    ExitCode::SUCCESS
}
