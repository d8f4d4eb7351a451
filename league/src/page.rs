//! The page with the tables.

use std::fmt::Write as _;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cell::{Cell, Run};
use crate::explorer::{Ended, Explorer, Library, MAX_STEPS};
use crate::options::Options;
use crate::program::{Collection, Fault, Program};

/// The text above the tables.
const ABOVE: &str = include_str!("page.md");

/// What the cells say.
pub(crate) struct Page<'a> {
    options: &'a Options,
    cells: &'a [Cell],
}

impl<'a> Page<'a> {
    pub(crate) fn new(options: &'a Options, cells: &'a [Cell]) -> Self {
        Self { options, cells }
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).expect("a string takes everything");
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let Options {
            seeds, schedules, ..
        } = self.options;
        text.push_str(ABOVE);
        writeln!(text, "\n# How it was measured\n")?;
        writeln!(
            text,
            "{} on {}: threadkit {}, shuttle {}, loom {}. {seeds} seeds, {schedules} schedules for each, {MAX_STEPS} \
             steps in a schedule, {} seconds of processor time for a cell. Speeds and times count processor time.",
            today(),
            machine(),
            version("threadkit"),
            version("shuttle"),
            version("loom"),
            self.options.seconds_per_cell,
        )?;
        writeln!(text, "\n# Summary\n")?;
        self.summary(text)?;
        for collection in Collection::ALL {
            let programs = self.programs(|program| program.collection == collection);
            if programs.is_empty() {
                continue;
            }
            writeln!(text, "\n# {}\n", collection.heading())?;
            if collection == Collection::Correct {
                self.table(text, &programs, "", verdict)?;
            } else {
                self.table(text, &programs, "fault", found)?;
            }
        }
        let faulty = self.programs(|program| program.fault != Fault::None);
        if !faulty.is_empty() {
            writeln!(text, "\n# Milliseconds to the fault\n")?;
            writeln!(text, "The median of the seeds that have found it.\n")?;
            self.table(text, &faulty, "", |cell| {
                let time = median(cell.failures().map(|run| 1000.0 * run.seen));
                time.map_or("–".into(), |time| digits(time) + refused(cell))
            })?;
        }
        writeln!(text, "\n# Schedules a second\n")?;
        let all = self.programs(|_| true);
        self.table(text, &all, "", |cell| {
            speed(cell).map_or("–".into(), digits)
        })
    }

    fn programs(&self, is_wanted: impl Fn(&Program) -> bool) -> Vec<&Program> {
        let programs = self.options.programs.iter();
        programs.filter(|program| is_wanted(program)).collect()
    }

    fn cell(&self, program: &Program, explorer: &Explorer) -> Option<&Cell> {
        self.cells.iter().find(|cell| {
            cell.program.name == program.name && cell.explorer.name() == explorer.name()
        })
    }

    /// A table with a row for each program and a column for each explorer.
    fn table(
        &self,
        text: &mut String,
        programs: &[&Program],
        second: &str,
        show: impl Fn(&Cell) -> String,
    ) -> std::fmt::Result {
        let has_second = !second.is_empty();
        write!(text, "| program |")?;
        if has_second {
            write!(text, " {second} |")?;
        }
        for explorer in &self.options.explorers {
            write!(text, " {} |", explorer.name())?;
        }
        write!(text, "\n| --- |")?;
        for _ in 0..self.options.explorers.len() + usize::from(has_second) {
            write!(text, " --- |")?;
        }
        writeln!(text)?;
        for program in programs {
            write!(text, "| {} |", program.name)?;
            if has_second {
                write!(text, " {} |", program.fault.word())?;
            }
            for explorer in &self.options.explorers {
                let shown = match self.cell(program, explorer) {
                    None => "not measured".to_owned(),
                    Some(cell) if cell.runs.is_none() => "n. e.".to_owned(),
                    Some(cell) => show(cell),
                };
                write!(text, " {shown} |")?;
            }
            writeln!(text)?;
        }
        Ok(())
    }

    /// A row for each explorer.
    fn summary(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "| explorer | expressible | found by every seed | by some | missed | mean schedules | sooner than shuttle | \
             back sooner | schedules a second | false alarms |"
        )?;
        writeln!(
            text,
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
        )?;
        let common = self.found_by_all_seeded();
        for explorer in &self.options.explorers {
            let cells = || {
                self.cells
                    .iter()
                    .filter(|cell| cell.explorer.name() == explorer.name())
            };
            let expressed = || cells().filter(|cell| cell.runs.is_some());
            let faulty = || expressed().filter(|cell| cell.program.fault != Fault::None);
            let by_all = faulty().filter(|cell| found_by_every_seed(cell)).count();
            let by_some = faulty()
                .filter(|cell| cell.failures().next().is_some())
                .count();
            let alarms = expressed().filter(|cell| {
                cell.program.fault == Fault::None
                    && cell.failures().next().is_some()
                    && refused(cell).is_empty()
            });
            let schedules = cells()
                .filter(|cell| common.contains(&cell.program.name))
                .filter_map(|cell| median(cell.failures().map(|run| run.schedules as f64)));
            let sooner = |seconds: fn(&Run) -> f64| match explorer.library {
                Library::Shuttle => "–".to_owned(),
                _ => {
                    let Sooner {
                        sooner,
                        rows,
                        others,
                    } = self.sooner_than_shuttle(explorer, seconds);
                    match others {
                        0 => format!("{sooner} of {rows}"),
                        others => format!("{sooner} of {rows} + {others}"),
                    }
                }
            };
            writeln!(
                text,
                "| {} | {} of {} | {by_all} | {} | {} | {} | {} | {} | {} | {} |",
                explorer.name(),
                expressed().count(),
                self.options.programs.len(),
                by_some - by_all,
                faulty().count() - by_some,
                mean(schedules)
                    .filter(|_| explorer.is_seeded)
                    .map_or("–".into(), digits),
                sooner(|run| run.seen),
                sooner(|run| run.seconds),
                median(expressed().filter_map(speed)).map_or("–".into(), digits),
                alarms.count(),
            )?;
        }
        writeln!(
            text,
            "\n*Mean schedules* is the geometric mean of the medians, over the {} programs whose fault every seed of \
             every strategy with seeds has found. *Sooner than shuttle* counts the faults that were found in less \
             processor time than by shuttle's best strategy with seeds, of those that this explorer or shuttle has found \
             and both can express; + stands before the faults that it has found and shuttle cannot express. *Back sooner* \
             counts them by the time until the explorer has returned. Programs with a cell marked by ‡ count in none of \
             these columns, for any explorer.",
            common.len()
        )
    }

    /// The programs whose fault every seeded explorer has found with every seed.
    fn found_by_all_seeded(&self) -> Vec<&'static str> {
        let explorers = || {
            self.options
                .explorers
                .iter()
                .filter(|explorer| explorer.is_seeded)
        };
        let programs = self.options.programs.iter();
        programs
            .filter(|program| {
                program.fault != Fault::None
                    && !program.reads_again
                    && explorers().all(|explorer| {
                        (self.cell(program, explorer)).is_some_and(found_by_every_seed)
                    })
            })
            .map(|program| program.name)
            .collect()
    }

    /// How many faults the explorer has found in less time than shuttle.
    fn sooner_than_shuttle(&self, explorer: &Explorer, seconds: fn(&Run) -> f64) -> Sooner {
        let mut all = Sooner::default();
        for program in self.programs(|it| it.fault != Fault::None && !it.reads_again) {
            let time = |explorer: &Explorer| {
                let cell = self.cell(program, explorer)?;
                // A fault that most seeds miss was not found in the time of the others.
                let found = cell.failures().count() as u64;
                let tried = if explorer.is_seeded {
                    self.options.seeds
                } else {
                    1
                };
                (2 * found > tried)
                    .then(|| median(cell.failures().map(seconds)))
                    .flatten()
            };
            let shuttle = self.options.explorers.iter();
            let shuttle = shuttle
                .filter(|explorer| explorer.library == Library::Shuttle && explorer.is_seeded)
                .filter_map(time)
                .min_by(f64::total_cmp);
            let mine = time(explorer);
            if !Library::Shuttle.can_express(program) {
                all.others += usize::from(mine.is_some());
            } else if explorer.library.can_express(program) {
                all.rows += usize::from(mine.is_some() || shuttle.is_some());
                all.sooner += usize::from(match (mine, shuttle) {
                    (Some(mine), Some(shuttle)) => mine < shuttle,
                    (Some(_), None) => true,
                    (None, _) => false,
                });
            }
        }
        all
    }
}

/// How many faults an explorer has found in less time than shuttle.
#[derive(Default)]
struct Sooner {
    sooner: usize,
    /// Those that one of them has found and both can express.
    rows: usize,
    /// Those that the explorer has found and shuttle cannot express.
    others: usize,
}

/// The mark of a cell whose explorer has refused the program.
fn refused(cell: &Cell) -> &'static str {
    let is_refused =
        cell.explorer.library.refuses(&cell.program) && cell.failures().next().is_some();
    if is_refused { "‡" } else { "" }
}

/// How many seeds have found the fault, and the median of their schedules.
fn found(cell: &Cell) -> String {
    let late = if cell.is_late { "†" } else { "" };
    let refused = refused(cell);
    let Some(schedules) = median(cell.failures().map(|run| run.schedules as f64)) else {
        let is_complete = cell
            .runs
            .iter()
            .flatten()
            .any(|run| run.ended == Ended::Complete);
        return if is_complete {
            "all pass".into()
        } else {
            format!("–{late}")
        };
    };
    let schedules = digits(schedules);
    if cell.explorer.is_seeded {
        format!("{}{late}{refused} · {schedules}", cell.failures().count())
    } else {
        format!("{schedules}{late}{refused}")
    }
}

/// The result of an explorer for a correct program.
fn verdict(cell: &Cell) -> String {
    let alarms = cell.failures().count();
    let late = if cell.is_late { "†" } else { "" };
    let runs = cell.runs.iter().flatten();
    if !refused(cell).is_empty() {
        return format!("refused{}", refused(cell));
    }
    if alarms > 0 {
        return format!("**false alarm**{late}");
    }
    match runs.clone().find(|run| run.ended == Ended::Complete) {
        Some(run) => format!("proved · {}", digits(run.schedules as f64)),
        None => format!("passes{late}"),
    }
}

fn found_by_every_seed(cell: &Cell) -> bool {
    let runs = cell.runs.as_ref().map_or(0, Vec::len);
    runs > 0 && !cell.is_late && cell.failures().count() == runs
}

/// Schedules for each second of processor time.
fn speed(cell: &Cell) -> Option<f64> {
    let runs = || cell.runs.iter().flatten();
    let seconds: f64 = runs().map(|run| run.seconds).sum();
    let schedules: u64 = runs().map(|run: &Run| run.schedules).sum();
    (seconds > 0.0).then(|| schedules as f64 / seconds)
}

fn median(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

/// The geometric mean.
fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<_> = numbers.map(f64::ln).collect();
    let sum: f64 = logarithms.iter().sum();
    (!logarithms.is_empty()).then(|| (sum / logarithms.len() as f64).exp())
}

/// Two or three digits that count, with commas between thousands.
fn digits(number: f64) -> String {
    if number < 10.0 && number.fract() != 0.0 {
        let places = if number < 1.0 { 2 } else { 1 };
        return format!("{number:.places$}");
    }
    let rounded = if number < 10_000.0 {
        number.round()
    } else {
        (number / 100.0).round() * 100.0
    };
    let plain = format!("{rounded:.0}");
    let mut text = String::new();
    for (at, digit) in plain.chars().enumerate() {
        if at > 0 && (plain.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The version of a crate in this build.
fn version(name: &str) -> &'static str {
    let lock = include_str!("../../Cargo.lock");
    let entry = lock.split("[[package]]").find(|entry| {
        entry
            .lines()
            .any(|line| line == format!("name = \"{name}\""))
    });
    let line = entry.and_then(|entry| entry.lines().find(|line| line.starts_with("version = ")));
    line.and_then(|line| line.split('"').nth(1))
        .expect("the lock file has every crate")
}

/// The processor and the number of cores.
fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(':'));
    let model = model.map_or("an unknown processor", |(_, model)| model.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {cores} cores")
}

/// The date of today, in UTC.
fn today() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let days = now.map_or(0, |now| now.as_secs() / 86_400) as i64;
    let (year, month, day) = date(days);
    format!("{year}-{month:02}-{day:02}")
}

/// The date that is that number of days after 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    // Counted from a first of March, so that the leap day is the last of its year.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(11_016), (2000, 2, 29));
        assert_eq!(date(20_786), (2026, 11, 29));
    }

    #[test]
    fn numbers_have_few_digits() {
        assert_eq!(digits(0.123), "0.12");
        assert_eq!(digits(1.26), "1.3");
        assert_eq!(digits(7.0), "7");
        assert_eq!(digits(1_234.5), "1,235");
        assert_eq!(digits(31_234.0), "31,200");
        assert_eq!(digits(1_000_000.0), "1,000,000");
    }

    #[test]
    fn the_middle_is_the_median() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median(std::iter::empty()), None);
    }
}
