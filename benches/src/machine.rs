//! Facts about the machine, without which figures cannot be compared.

use std::env::consts;
use std::fmt::{self, Display};
use std::fs;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::json::Json;

/// The machine on which the figures were measured. Facts that are expensive to find out are left
/// out.
#[derive(Debug)]
pub(crate) struct Machine {
    /// The day of the measurement.
    date: Option<String>,
    cores: Option<usize>,
    cpu: Option<String>,
    /// The share of the processors' time that other programs took just before measuring. The load that systems tell
    /// is of the last minutes, and so remembers the bench before.
    busy: Option<f64>,
}

impl Machine {
    /// Collects the facts.
    pub(crate) fn look() -> Self {
        Self {
            date: today(),
            cores: thread::available_parallelism().ok().map(usize::from),
            cpu: fs::read_to_string("/proc/cpuinfo")
                .ok()
                .and_then(|text| cpu_model(&text)),
            busy: busy(),
        }
    }

    /// The same facts for the file.
    pub(crate) fn json(&self) -> Json {
        Json::Object(vec![
            ("date", self.date.clone().map_or(Json::Null, Json::Text)),
            ("cores", Json::number(self.cores.map(|cores| cores as f64))),
            ("cpu", self.cpu.clone().map_or(Json::Null, Json::Text)),
            ("os", Json::text(consts::OS)),
            ("arch", Json::text(consts::ARCH)),
            ("rustc", rustc().map_or(Json::Null, Json::text)),
            ("optimised", Json::Bool(!cfg!(debug_assertions))),
            ("busy", Json::number(self.busy)),
        ])
    }
}

impl Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", consts::OS, consts::ARCH)?;
        if let Some(cores) = self.cores {
            let unit = if cores == 1 { "core" } else { "cores" };
            write!(f, ", {cores} {unit}")?;
        }
        if let Some(cpu) = &self.cpu {
            write!(f, ", {cpu}")?;
        }
        if let Some(rustc) = rustc() {
            write!(f, ", {rustc}")?;
        }
        if let Some(busy) = self.busy {
            let percent = busy * 100.0;
            write!(f, ", processors {percent:.0} % busy before the start")?;
        }
        if let Some(date) = &self.date {
            write!(f, ", {date}")?;
        }
        Ok(())
    }
}

/// The compiler's version, handed over by the build script.
fn rustc() -> Option<&'static str> {
    option_env!("THREADKIT_BENCHES_RUSTC")
}

/// Today's date in UTC.
fn today() -> Option<String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(date(since.as_secs() / (24 * 60 * 60)))
}

/// The date of a day, which is a number of days since 1970.
fn date(days: u64) -> String {
    let mut left = days;
    let mut year = 1970;
    let leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let length = |year| 365 + u64::from(leap(year));
    while left >= length(year) {
        left -= length(year);
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while left >= months[month] {
        left -= months[month];
        month += 1;
    }
    format!("{year}-{:02}-{:02}", month + 1, left + 1)
}

/// The first model name in what Linux says about its processors.
fn cpu_model(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The share of the processors' time that is used while this program sleeps, where Linux says it.
fn busy() -> Option<f64> {
    const LONG: Duration = Duration::from_millis(200);
    let times = || processor_times(&fs::read_to_string("/proc/stat").ok()?);
    let before = times()?;
    thread::sleep(LONG);
    share_between(before, times()?)
}

/// How long all processors have worked, and how long they have existed, in ticks of the clock.
fn processor_times(text: &str) -> Option<(u64, u64)> {
    let times = text.lines().next()?.strip_prefix("cpu ")?;
    let times: Vec<u64> = (times.split_whitespace())
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    // User, nice, system, idle, waiting for a disk, two kinds of interrupts, stolen by other virtual machines. What
    // follows is part of the first two.
    let [user, nice, system, idle, disk, hard, soft, stolen, ..] = *times else {
        return None;
    };
    let worked = user + nice + system + hard + soft + stolen;
    Some((worked, worked + idle + disk))
}

fn share_between(before: (u64, u64), after: (u64, u64)) -> Option<f64> {
    // Counters of Linux may go back a little.
    let worked = after.0.saturating_sub(before.0) as f64;
    let existed = after.1.checked_sub(before.1).filter(|time| *time > 0)?;
    Some((worked / existed as f64).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        let dates = [0, 58, 59, 11_016, 11_017, 20_454, 20_453].map(date);
        let expected = [
            "1970-01-01",
            "1970-02-28",
            "1970-03-01",
            "2000-02-29",
            "2000-03-01",
            "2026-01-01",
            "2025-12-31",
        ];
        assert_eq!(dates, expected);
    }

    #[test]
    fn reads_what_linux_says() {
        let text = "processor\t: 0\nmodel name\t: Some CPU: 3 GHz\n";
        assert_eq!(cpu_model(text).as_deref(), Some("Some CPU: 3 GHz"));
        assert_eq!(cpu_model("processor : 0\n"), None);
    }
    #[test]
    fn the_share_of_others_is_between_two_looks() {
        let text = "cpu  1 2 3 40 5 6 7 8 100 100\ncpu0 1 2 3 40 5 6 7 8 100 100\n";
        let before = processor_times(text).unwrap();
        assert_eq!(before, (27, 72));
        assert_eq!(share_between(before, (37, 112)), Some(0.25));
        assert_eq!(share_between(before, (26, 112)), Some(0.0));
        assert_eq!(share_between(before, before), None);
        assert_eq!(processor_times("cpu  1 2 3\n"), None);
        assert_eq!(processor_times("intr 1\n"), None);
    }
}
