//! Side-by-side measurements of threadkit and its peers.
//!
//! The README of this crate says what is measured and how to read it; `--help` explains the command
//! line.

mod args;
mod attribute;
mod channels;
mod count;
mod harness;
mod json;
mod locks;
mod machine;
mod output;
mod report;
mod rwlocks;
mod signals;
mod stats;
mod topics;

use std::env;
use std::process::ExitCode;

use args::{Command, Options};
use harness::{Bench, Choice, Pace};
use machine::Machine;
use output::Output;
use topics::Topic;

fn main() -> ExitCode {
    let command = args::from_os(env::args_os().skip(1))
        .and_then(|words| args::parse(words, &topics::names(), &count::names()));
    let done = match command {
        Ok(Command::Help) => {
            output::say(args::HELP.trim_end());
            Ok(())
        }
        Ok(Command::List) => {
            output::say(&list());
            Ok(())
        }
        Ok(Command::Count { case, times }) => {
            count::run(&case, times);
            Ok(())
        }
        Ok(Command::CountList) => {
            output::say(&count::names().join("\n"));
            Ok(())
        }
        Ok(Command::Run(options)) => run(&options),
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Measures the chosen topics, and writes the figures to the file if one was given.
fn run(options: &Options) -> Result<(), String> {
    let chosen = chosen(&options.topics)?;
    // Before measuring, so that a file that cannot be written is reported at once.
    let output = options.json.as_deref().map(Output::open).transpose()?;
    if let Some(folder) = &options.svg {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make the folder `{}`: {error}", folder.display()))?;
    }
    let machine = Machine::look();
    output::say(&machine.to_string());
    if cfg!(debug_assertions) {
        eprintln!("warning: built without --release, so these figures say nothing");
    }

    let choice = Choice {
        only: options.only.clone(),
        peer: options.peer.clone(),
        rounds: options.rounds,
    };
    let mut bench = Bench::new(Pace::new(options.quick), choice);
    for topic in chosen {
        bench.topic(topic.name);
        (topic.run)(&mut bench);
    }

    let (reports, grids) = bench.into_reports()?;
    if let Some(folder) = &options.svg {
        let words = env::args().skip(1);
        for (name, chart) in report::charts(&machine, words, &reports, &grids) {
            Output::open(&folder.join(name))?.write(&chart)?;
        }
    }
    match output {
        Some(output) => {
            output.write(&report::json(&machine, options.quick, &reports, &grids).to_string())
        }
        None => Ok(()),
    }
}

/// The topics that are asked for, or else all. What this build cannot measure is refused, or else left out.
fn chosen(asked: &[String]) -> Result<Vec<&'static Topic>, String> {
    let mut chosen = Vec::new();
    for topic in topics::ALL {
        if !asked.is_empty() && !asked.iter().any(|name| name == topic.name) {
            continue;
        }
        match topic.lacks() {
            None => chosen.push(topic),
            Some(needs) if asked.is_empty() => output::say(&format!("left out: {needs}")),
            Some(needs) => return Err(needs.into()),
        }
    }
    Ok(chosen)
}

/// What `--list` prints.
fn list() -> String {
    let mut text = String::from("topics:\n");
    for topic in topics::ALL {
        text += &format!("  {:<14} {}\n", topic.name, topic.about);
    }
    text + "cases of `count`:\n  " + &count::names().join(", ")
}
