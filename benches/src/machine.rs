//! Facts about the machine, without which figures cannot be compared.

use std::env::consts;
use std::fmt::{self, Display};
use std::fs;
use std::thread;

use crate::json::Json;

/// The machine on which the figures were measured. Facts that are expensive to find out are left
/// out.
#[derive(Debug)]
pub(crate) struct Machine {
    cores: Option<usize>,
    cpu: Option<String>,
    /// The load over the last minute before measuring; it is near zero on an idle machine.
    load: Option<f64>,
}

impl Machine {
    /// Collects the facts.
    pub(crate) fn look() -> Self {
        Self {
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
            write!(f, ", {cores} cores")?;
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
        Ok(())
    }
}

/// The compiler's version, handed over by the build script.
fn rustc() -> Option<&'static str> {
    option_env!("THREADKIT_BENCHES_RUSTC")
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
    fn reads_what_linux_says() {
        let text = "processor\t: 0\nmodel name\t: Some CPU: 3 GHz\n";
        assert_eq!(cpu_model(text).as_deref(), Some("Some CPU: 3 GHz"));
        assert_eq!(cpu_model("processor : 0\n"), None);
        assert_eq!(first_number("0.52 0.58 0.59 3/602 29921\n"), Some(0.52));
        assert_eq!(first_number(""), None);
    }
}
