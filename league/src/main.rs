//! Small programs, most of them with a fault, explored by threadkit and by other explorers.
//!
//! `page.md` says what the league shows, and `options.rs` how to run a part of it.

mod cell;
mod cpu;
mod explorer;
mod on_loom;
mod on_shuttle;
mod on_threadkit;
mod options;
mod page;
mod program;
mod reports;
mod results;

use std::env;
use std::process::ExitCode;

use self::options::{HELP, Options};
use self::page::Page;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(cell::CHILD) => {
            cell::child(&arguments[1..]);
            return ExitCode::SUCCESS;
        }
        Some("--help" | "-h") => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let options = match Options::read(&arguments) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let done = match &options.reports {
        Some(folder) => reports::write(&options, folder),
        None => {
            results::measure(&options).map(|cells| print!("{}", Page::new(&options, &cells).text()))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the league could not be run: {error}");
            ExitCode::FAILURE
        }
    }
}
