//! A schedule as text, which a failing run prints and a replay reads.

use core::fmt;

/// The first characters of every schedule; the number changes when old ones can no longer be read.
const PREFIX: &str = "tk1.";

/// The first characters of a schedule by which loads may return older values.
const PREFIX_WITH_WEAK_MEMORY: &str = "tk1w.";

/// The choices of one run, in order. Each is the index of the chosen task among those that could run, a number that the
/// program draws, or the number of newer values than the one that a load returns.
///
/// As text: one character from `0` to `9` and `a` to `z` for a choice below 36, `(n)` for another, and `*n.`
/// behind a choice that was made `n` times in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) choices: Vec<u32>,
    /// Whether a load may return an older value. Otherwise it makes no choice.
    pub(crate) weak_memory: bool,
}

impl Schedule {
    /// Whether the first choices are those of `other`.
    #[cfg_attr(
        not(any(feature = "explore", test)),
        expect(dead_code, reason = "no run on free threads follows a schedule")
    )]
    pub(crate) fn begins_with(&self, other: &Self) -> bool {
        self.choices.starts_with(&other.choices)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.weak_memory {
            true => PREFIX_WITH_WEAK_MEMORY,
            false => PREFIX,
        })?;
        for run in self.choices.chunk_by(|a, b| a == b) {
            let choice = match char::from_digit(run[0], 36) {
                Some(digit) => digit.to_string(),
                None => format!("({})", run[0]),
            };
            if run.len() <= 3 {
                f.write_str(&choice.repeat(run.len()))?;
            } else {
                write!(f, "{choice}*{}.", run.len())?;
            }
        }
        Ok(())
    }
}

/// Reads what `Display` writes; `None` for anything else.
pub(crate) fn parse(text: &str) -> Option<Schedule> {
    let text = text.trim();
    let with_weak_memory = text.strip_prefix(PREFIX_WITH_WEAK_MEMORY);
    let weak_memory = with_weak_memory.is_some();
    let mut rest = with_weak_memory.or_else(|| text.strip_prefix(PREFIX))?;
    let mut choices: Vec<u32> = Vec::new();
    while let Some(first) = rest.chars().next() {
        if first == '(' {
            let (number, after) = rest[1..].split_once(')')?;
            choices.push(number.parse().ok()?);
            rest = after;
        } else if first == '*' {
            let (number, after) = rest[1..].split_once('.')?;
            let count: usize = number.parse().ok()?;
            let last = *choices.last()?;
            // No run has more choices than this, and the check bounds the memory.
            if !(2..=100_000_000).contains(&count) {
                return None;
            }
            choices.resize(choices.len() + count - 1, last);
            rest = after;
        } else {
            choices.push(first.to_digit(36)?);
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(Schedule {
        choices,
        weak_memory,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(choices: impl Into<Vec<u32>>) -> Schedule {
        Schedule {
            choices: choices.into(),
            weak_memory: false,
        }
    }

    #[test]
    fn text_and_back() {
        for choices in [
            vec![],
            vec![0],
            vec![1, 1, 1, 1, 1, 0, 2],
            vec![35, 36, 36, 36, 36, 1000],
            vec![0; 5000],
        ] {
            for weak_memory in [false, true] {
                let schedule = Schedule {
                    choices: choices.clone(),
                    weak_memory,
                };
                assert_eq!(parse(&schedule.to_string()), Some(schedule));
            }
        }
    }

    #[test]
    fn a_run_that_went_elsewhere_does_not_begin_with_its_schedule() {
        let given = schedule(vec![1, 0, 2]);
        assert!(schedule(vec![1, 0, 2]).begins_with(&given));
        assert!(schedule(vec![1, 0, 2, 0, 0]).begins_with(&given));
        assert!(!schedule(vec![1, 0]).begins_with(&given));
        assert!(!schedule(vec![1, 0, 1]).begins_with(&given));
    }

    #[test]
    fn runs_are_short() {
        assert_eq!(schedule(vec![0; 5000]).to_string(), "tk1.0*5000.");
        assert_eq!(schedule(vec![1, 1, 1, 2]).to_string(), "tk1.1112");
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "", "012", "tk2.0", "tk1n.0", "tk1.*3.", "tk1.0*x.", "tk1.(", "tk1.0*1.", "tk1.é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
