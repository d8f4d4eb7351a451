//! The options of the commands.

use std::time::Duration;

use crate::generate::Without;

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) seed: u64,
    pub(crate) time: Duration,
    pub(crate) jobs: usize,
    pub(crate) runs: Option<u64>,
    pub(crate) failures: usize,
    /// How long a failure is shrunk.
    pub(crate) shrink: Duration,
    /// Which of the programs of the seed.
    pub(crate) number: u64,
    pub(crate) mode: Option<String>,
    pub(crate) threads: usize,
    /// How much more memory the process may keep than after the first rounds.
    pub(crate) resident: usize,
    /// How long an activity may take.
    pub(crate) overdue: Duration,
    pub(crate) without: Without,
    /// As it was written.
    pub(crate) without_list: String,
    /// The arguments that are not options.
    pub(crate) words: Vec<String>,
}

impl Options {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            seed: 1,
            time: Duration::from_secs(60),
            jobs: 1,
            runs: None,
            failures: 1,
            shrink: Duration::from_secs(60),
            number: 0,
            mode: None,
            threads: 8,
            resident: 128 << 20,
            overdue: Duration::from_secs(60),
            without: Without::default(),
            without_list: String::new(),
            words: Vec::new(),
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let Some(name) = argument.strip_prefix("--") else {
                options.words.push(argument);
                continue;
            };
            let value = arguments
                .next()
                .ok_or_else(|| format!("`--{name}` needs a value"))?;
            let number = || {
                let number = value.parse::<u64>();
                number.map_err(|_| format!("`--{name}` needs a number, not `{value}`"))
            };
            match name {
                "seed" => options.seed = number()?,
                "seconds" => options.time = Duration::from_secs(number()?),
                "number" => options.number = number()?,
                "shrink" => options.shrink = Duration::from_secs(number()?),
                "jobs" => options.jobs = number()?.max(1) as usize,
                "runs" => options.runs = Some(number()?.max(1)),
                "failures" => options.failures = number()?.max(1) as usize,
                "threads" => options.threads = number()?.max(1) as usize,
                "overdue" => options.overdue = Duration::from_secs(number()?.max(1)),
                "resident-mb" => options.resident = (number()? as usize) << 20,
                "mode" if value == "explore" || value == "free" => options.mode = Some(value),
                "mode" => return Err(format!("the mode is `explore` or `free`, not `{value}`")),
                "without" => {
                    options.without = Without::parse(&value)?;
                    options.without_list = value;
                }
                _ => return Err(format!("there is no option `--{name}`")),
            }
        }
        Ok(options)
    }
}
