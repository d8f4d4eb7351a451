//! Facts about the machine, without which figures cannot be compared.

use std::env::consts;
use std::fmt::{self, Display};
use std::fs;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::json::Json;

/// The machine on which the figures were measured. Facts that are expensive to find out are left
/// out.
#[derive(Debug)]
pub(crate) struct Machine {
    /// The day of the measurement.
    date: Option<String>,
    cores: Option<usize>,
    cpu: Option<String>,
    /// The load over the last minute before measuring; it is near zero on an idle machine.
    load: Option<f64>,
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
            load: fs::read_to_string("/proc/loadavg")
                .ok()
                .and_then(|text| first_number(&text)),
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
            ("load", Json::number(self.load)),
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
        if let Some(load) = self.load {
            write!(f, ", load before the start {load:.2}")?;
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

fn first_number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
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
        assert_eq!(first_number("0.52 0.58 0.59 3/602 29921\n"), Some(0.52));
        assert_eq!(first_number(""), None);
    }
}
