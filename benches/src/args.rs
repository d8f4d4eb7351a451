//! The command line.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Measures threadkit beside its peers.

usage: threadkit-benches [option ..] [topic ..]
       threadkit-benches count CASE N
       threadkit-benches count --list

Without a topic, all of them are measured.

options:
  --quick        few and short rounds: to see that it runs, not to read figures from
  --only TEXT    only the tables with TEXT in their title, from the begin of a word on:
                 `bounded` does not fit `unbounded`
  --peer TEXT    only the peers with TEXT in their name in the same way, and the baseline;
                 a table without such a peer is left out
  --rounds N     that many rounds, for closer figures; `waits` and `growth` have none
  --json FILE    write the figures to FILE as well
  --svg FOLDER   draw charts of the figures into FOLDER
  --list         list the topics, and the cases of `count`
  --help         print this

`count` does N operations of one kind and nothing else, for counting instructions; the script
instructions.sh runs all of its cases under valgrind and prints instructions per operation.
";

/// The options, for the message about one that is not among them.
const KNOWN: &str =
    "--quick, --only TEXT, --peer TEXT, --rounds N, --json FILE, --svg FOLDER, --list, --help";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    /// Measure topics.
    Run(Options),
    /// Do one operation of `count` that number of times.
    Count { case: String, times: u64 },
    /// List the cases of `count`, one per line, for the script.
    CountList,
    /// List the topics.
    List,
    /// Explain the command line.
    Help,
}

/// How to measure topics.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Options {
    /// The topics to measure; none means all.
    pub(crate) topics: Vec<String>,
    /// Few and short rounds.
    pub(crate) quick: bool,
    /// A part of the titles of the tables to measure.
    pub(crate) only: Option<String>,
    /// A part of the names of the peers to measure.
    pub(crate) peer: Option<String>,
    /// The number of rounds, instead of the topic's own.
    pub(crate) rounds: Option<NonZeroUsize>,
    /// Where to write the figures as JSON.
    pub(crate) json: Option<PathBuf>,
    /// Where to draw charts.
    pub(crate) svg: Option<PathBuf>,
}

/// The arguments as text.
pub(crate) fn from_os(words: impl Iterator<Item = OsString>) -> Result<Vec<String>, String> {
    words
        .map(|word| {
            word.into_string()
                .map_err(|word| format!("argument {word:?} is not valid UTF-8"))
        })
        .collect()
}

/// Reads the arguments; `topics` and `cases` are the names that exist.
pub(crate) fn parse(
    words: Vec<String>,
    topics: &[&str],
    cases: &[&str],
) -> Result<Command, String> {
    if let [first, rest @ ..] = words.as_slice()
        && first == "count"
    {
        return parse_count(rest, cases);
    }

    let mut options = Options::default();
    let mut given = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        // `--json=FILE` and `--json FILE` mean the same.
        let (name, mut inline) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        if name.starts_with('-') {
            if given.iter().any(|given| given == name) {
                return Err(format!("`{name}` is given twice"));
            }
            given.push(name.to_owned());
        }
        let mut instead = None;
        match name {
            "--help" | "-h" => instead = Some(Command::Help),
            "--list" => instead = Some(Command::List),
            "--quick" => options.quick = true,
            "--only" => options.only = Some(value(name, inline.take(), &mut words, "TEXT")?),
            "--peer" => options.peer = Some(value(name, inline.take(), &mut words, "TEXT")?),
            "--rounds" => {
                let rounds = value(name, inline.take(), &mut words, "N")?;
                options.rounds = match rounds.parse() {
                    Ok(rounds) => Some(rounds),
                    Err(_) => return Err(format!("`{rounds}` is not a number of rounds")),
                };
            }
            "--json" => options.json = Some(value(name, inline.take(), &mut words, "FILE")?.into()),
            "--svg" => options.svg = Some(value(name, inline.take(), &mut words, "FOLDER")?.into()),
            option if option.starts_with('-') => {
                return Err(format!("unknown option `{option}`; options: {KNOWN}"));
            }
            topic if topics.contains(&topic) => options.topics.push(topic.to_owned()),
            topic => {
                return Err(format!(
                    "unknown topic `{topic}`; topics: {}",
                    topics.join(", ")
                ));
            }
        }
        if inline.is_some() {
            return Err(format!("`{name}` takes no value"));
        }
        if let Some(command) = instead {
            return Ok(command);
        }
    }
    Ok(Command::Run(options))
}

/// The value of an option: after its `=`, or else the next argument.
fn value(
    name: &str,
    inline: Option<String>,
    words: &mut impl Iterator<Item = String>,
    what: &str,
) -> Result<String, String> {
    inline
        .or_else(|| words.next())
        .filter(|value| !value.is_empty())
        .ok_or_else(|| format!("`{name}` needs a value: `{name} {what}`"))
}

/// Reads what follows `count`.
fn parse_count(words: &[String], cases: &[&str]) -> Result<Command, String> {
    match words {
        [list] if list == "--list" => Ok(Command::CountList),
        [help] if help == "--help" || help == "-h" => Ok(Command::Help),
        [case, ..] if !cases.contains(&case.as_str()) => Err(format!(
            "unknown case `{case}`; cases: {}",
            cases.join(", ")
        )),
        [case, times] => match times.parse() {
            Ok(times) => Ok(Command::Count {
                case: case.clone(),
                times,
            }),
            Err(_) => Err(format!("`{times}` is not a number of operations")),
        },
        _ => Err("`count` needs a case and a number: `count CASE N`".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[&str]) -> Result<Command, String> {
        let words = line.iter().map(|word| (*word).to_owned()).collect();
        parse(words, &["uncontended", "spawn"], &["lock", "empty"])
    }

    #[test]
    fn nothing_means_every_topic() {
        assert_eq!(read(&[]), Ok(Command::Run(Options::default())));
    }

    #[test]
    fn topics_and_options_in_any_order() {
        let asked = Options {
            topics: vec!["spawn".into()],
            quick: true,
            only: Some("1,000".into()),
            peer: Some("Lock".into()),
            rounds: NonZeroUsize::new(31),
            json: Some("out.json".into()),
            svg: Some("charts".into()),
        };
        let line =
            "--quick spawn --json out.json --svg charts --only=1,000 --peer Lock --rounds=31";
        let line: Vec<_> = line.split(' ').collect();
        assert_eq!(read(&line), Ok(Command::Run(asked)));
    }

    #[test]
    fn help_and_list_win() {
        assert_eq!(read(&["spawn", "--help"]), Ok(Command::Help));
        assert_eq!(read(&["-h"]), Ok(Command::Help));
        assert_eq!(read(&["--list"]), Ok(Command::List));
    }

    #[test]
    fn mistakes_name_what_is_known() {
        let cases: [(&[&str], &str); 14] = [
            (
                &["sprawn"],
                "unknown topic `sprawn`; topics: uncontended, spawn",
            ),
            (
                &["--fast"],
                "unknown option `--fast`; options: --quick, --only TEXT, --peer TEXT, --rounds N, \
                 --json FILE, --svg FOLDER, --list, --help",
            ),
            (&["--rounds", "0"], "`0` is not a number of rounds"),
            (&["--json"], "`--json` needs a value: `--json FILE`"),
            (&["--only="], "`--only` needs a value: `--only TEXT`"),
            (&["--quick=yes"], "`--quick` takes no value"),
            (&["--list=3"], "`--list` takes no value"),
            (&["--help="], "`--help` takes no value"),
            (&["--json", "a", "--json=b"], "`--json` is given twice"),
            (&["--quick", "spawn", "--quick"], "`--quick` is given twice"),
            (
                &["count", "mutex", "5"],
                "unknown case `mutex`; cases: lock, empty",
            ),
            (
                &["count", "lock", "-5"],
                "`-5` is not a number of operations",
            ),
            (
                &["count", "lock"],
                "`count` needs a case and a number: `count CASE N`",
            ),
            (
                &["count"],
                "`count` needs a case and a number: `count CASE N`",
            ),
        ];
        for (line, message) in cases {
            assert_eq!(read(line), Err(message.to_owned()), "{line:?}");
        }
    }

    #[test]
    fn counting() {
        let asked = Command::Count {
            case: "lock".into(),
            times: 1000,
        };
        assert_eq!(read(&["count", "lock", "1000"]), Ok(asked));
        assert_eq!(read(&["count", "--list"]), Ok(Command::CountList));
    }
}
