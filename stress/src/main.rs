//! Programs that exercise threadkit: generated bodies, and mixed operations for a long time.
//!
//! The README of this crate describes each command.

mod bodies;
mod child;
mod coverage;
mod endurance;
mod gadgets;
mod generate;
mod memory;
mod options;
mod print;
mod program;
mod run;
mod shrink;
mod tape;

use std::process::ExitCode;

use options::Options;

const USAGE: &str = "\
usage: threadkit-stress bodies    [--seed N] [--number N] [--seconds S] [--jobs N] [--runs N] [--failures N] [--shrink S] [--without LIST]
       threadkit-stress repeat    [TAPE | --seed N --number N] [--mode explore|free] [--runs N] [--without LIST]
       threadkit-stress print     [TAPE | --seed N --number N] [--without LIST]
       threadkit-stress coverage  [--seed N] [--seconds S] [--without LIST]
       threadkit-stress endurance [--seed N] [--seconds S] [--threads N] [--resident-mb N] [--overdue S] [--without LIST]";

/// The message of panics that programs cause on purpose: results of a map whose pool is shut down.
const PLANNED: [&str; 2] = [
    "was shut down and takes no more tasks",
    "the task was cancelled before it ran",
];

/// Keeps expected panics out of standard error, because their backtraces take memory.
fn be_quiet_about_what_is_planned() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let text = info.payload_as_str().unwrap_or_default();
        if !PLANNED.iter().any(|planned| text.contains(planned)) {
            usual(info);
        }
    }));
}

fn main() -> ExitCode {
    be_quiet_about_what_is_planned();
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let run = match command.as_str() {
        "bodies" => bodies::bodies,
        "repeat" => bodies::repeat,
        "print" => bodies::print,
        "coverage" => bodies::coverage,
        "endurance" => endurance::endurance,
        // Internal: `bodies` starts this command to run programs in.
        "child" => child::serve,
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match Options::parse(arguments) {
        Ok(options) => run(&options),
        Err(wrong) => {
            eprintln!("{wrong}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}
