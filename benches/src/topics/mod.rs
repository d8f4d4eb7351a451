//! The topics, one per file.
//!
//! A topic is a function that passes tables to the [`Bench`]. To add one, write its file and put
//! its `TOPIC` into [`ALL`].

mod contended;
mod fork_join;
mod growth;
mod inspect;
mod pool;
mod primitives;
mod queues;
mod read_mostly;
mod spawn;
mod timers;
mod uncontended;
mod waits;

use crate::harness::Bench;

/// A topic to measure.
pub(crate) struct Topic {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it compares, for `--list`.
    pub(crate) about: &'static str,
    /// Passes its tables to the bench.
    pub(crate) run: fn(&mut Bench),
}

impl Topic {
    /// What this build lacks to measure it: without the feature, `inspect` would measure locks that are not tracked.
    pub(crate) fn lacks(&self) -> Option<&'static str> {
        (self.name == inspect::TOPIC.name && !cfg!(feature = "inspect"))
            .then_some("`inspect` needs `--features inspect`")
    }
}

/// Every topic, in the order in which they run.
pub(crate) const ALL: &[Topic] = &[
    uncontended::TOPIC,
    contended::TOPIC,
    read_mostly::TOPIC,
    waits::TOPIC,
    primitives::TOPIC,
    spawn::TOPIC,
    pool::TOPIC,
    fork_join::TOPIC,
    queues::TOPIC,
    timers::TOPIC,
    growth::TOPIC,
    inspect::TOPIC,
];

/// The names of all topics.
pub(crate) fn names() -> Vec<&'static str> {
    ALL.iter().map(|topic| topic.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_told_apart_on_the_command_line() {
        let mut names = names();
        names.push("count");
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        assert!(names.iter().all(|name| !name.starts_with('-')), "{names:?}");
    }
}
