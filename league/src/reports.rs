//! Reports of failures without the names of the programs: a reader should find the fault from the report alone.

use std::fs;
use std::io;
use std::panic;
use std::path::Path;

use crate::explorer::Budget;
use crate::on_threadkit;
use crate::options::Options;
use crate::program::Program;

/// Writes a numbered file for each program that fails. The names of the programs go to standard error.
pub(crate) fn write(options: &Options, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    panic::set_hook(Box::new(|_| {}));
    let mut number = 0;
    for program in &options.programs {
        let budget = Budget {
            seed: 1,
            schedules: options.schedules,
        };
        let Some(report) = on_threadkit::report(program, budget) else {
            eprintln!("no failure: {}", program.name);
            continue;
        };
        number += 1;
        fs::write(
            folder.join(format!("{number:02}.txt")),
            anonymous(&report, program),
        )?;
        eprintln!("{number:02}: {}", program.name);
    }
    Ok(())
}

/// The report without the name of the program and of its collection.
fn anonymous(report: &str, program: &Program) -> String {
    let stem = program
        .name
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    // The name is that of a function, which is in the names of its threads.
    let mut text = report.to_owned();
    for name in [program.name, stem] {
        text = text.replace(&format!("({name})"), "(body)");
    }
    for file in [
        "sctbench", "goker", "rust", "rare", "timeouts", "memory", "correct",
    ] {
        text = text.replace(&format!("league/src/programs/{file}.rs"), "program.rs");
    }
    text
}
