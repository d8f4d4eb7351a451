//! What the command line says.

use std::path::PathBuf;

use crate::explorer::{EXPLORERS, Explorer};
use crate::on_threadkit::programs;
use crate::program::Program;

pub(crate) const HELP: &str = "\
usage: threadkit-league [OPTIONS] > PAGE

Explores small programs by threadkit, shuttle and loom, and prints a page with tables of what each has found.

  --only LIST             programs, by their names, separated by commas; all by default
  --with LIST             explorers, such as `threadkit default` or `loom`; all by default
  --seeds N               how many seeds; 20 by default
  --schedules N           how many schedules for each seed at most; 10000 by default
  --seconds-per-cell S    how much processor time one program may take under one explorer; 20 by default
  --results FILE          keep what was measured in this file, and do not measure again what is there
  --until S               measure nothing new after this time; go on another time, with `--results`
  --reports FOLDER        instead: write threadkit's shrunk report of each failure into a file of this folder
";

/// What is measured, and how.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) programs: Vec<Program>,
    pub(crate) explorers: Vec<Explorer>,
    pub(crate) seeds: u64,
    pub(crate) schedules: u64,
    pub(crate) seconds_per_cell: f64,
    pub(crate) results: Option<PathBuf>,
    pub(crate) until: Option<f64>,
    pub(crate) reports: Option<PathBuf>,
}

impl Options {
    /// Reads the arguments; an error says what to write instead.
    pub(crate) fn read(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            programs: programs::all(),
            explorers: EXPLORERS.to_vec(),
            seeds: 20,
            schedules: 10_000,
            seconds_per_cell: 20.0,
            results: None,
            until: None,
            reports: None,
        };
        let mut arguments = arguments.iter();
        while let Some(option) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| format!("`{option}` needs a value\n\n{HELP}"))
            };
            match option.as_str() {
                "--only" => options.programs = chosen_programs(value()?)?,
                "--with" => options.explorers = chosen_explorers(value()?)?,
                "--seeds" => options.seeds = positive(option, value()?)?,
                "--schedules" => options.schedules = positive(option, value()?)?,
                "--seconds-per-cell" => options.seconds_per_cell = seconds(option, value()?)?,
                "--until" => options.until = Some(seconds(option, value()?)?),
                "--results" => options.results = Some(value()?.into()),
                "--reports" => options.reports = Some(value()?.into()),
                _ => return Err(format!("`{option}` is not an option\n\n{HELP}")),
            }
        }
        Ok(options)
    }
}

fn chosen_programs(list: &str) -> Result<Vec<Program>, String> {
    let all = programs::all();
    (list.split(','))
        .map(|name| {
            let known = all.iter().find(|program| program.name == name).copied();
            known.ok_or_else(|| {
                let names: Vec<_> = all.iter().map(|program| program.name).collect();
                format!(
                    "no program is called `{name}`; there are {}",
                    names.join(", ")
                )
            })
        })
        .collect()
}

fn chosen_explorers(list: &str) -> Result<Vec<Explorer>, String> {
    let mut chosen = Vec::new();
    for wanted in list.split(',') {
        let before = chosen.len();
        let is_wanted =
            |explorer: &&Explorer| explorer.name() == wanted || explorer.library.name() == wanted;
        chosen.extend(EXPLORERS.iter().filter(is_wanted));
        if chosen.len() == before {
            let names: Vec<_> = EXPLORERS.iter().map(Explorer::name).collect();
            return Err(format!(
                "no explorer is called `{wanted}`; there are {}",
                names.join(", ")
            ));
        }
    }
    Ok(chosen)
}

fn positive(option: &str, value: &str) -> Result<u64, String> {
    match value.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("`{option}` needs a positive number, not `{value}`")),
    }
}

fn seconds(option: &str, value: &str) -> Result<f64, String> {
    match value.parse() {
        Ok(seconds) if seconds > 0.0 && f64::is_finite(seconds) => Ok(seconds),
        _ => Err(format!(
            "`{option}` needs a number of seconds, not `{value}`"
        )),
    }
}
