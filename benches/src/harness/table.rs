//! Compares peers, round by round.

use super::order::Order;
use super::{Sample, Unit, fits};

/// Peers that do the same thing, one of which the others are compared with.
pub(crate) struct Table<'a> {
    /// What is compared, as the heading of the figures.
    pub(crate) title: String,
    /// What the figures are.
    pub(crate) unit: Unit,
    /// How often each peer is measured.
    pub(crate) rounds: usize,
    /// The first is the baseline.
    peers: Vec<Peer<'a>>,
}

struct Peer<'a> {
    name: String,
    measure: Box<dyn FnMut() -> Sample + 'a>,
}

/// What a peer found in all rounds.
#[derive(Debug)]
pub(crate) struct Measured {
    /// The peer.
    pub(crate) name: String,
    /// A sample for each round, except the warm-up round.
    pub(crate) samples: Vec<Sample>,
}

impl<'a> Table<'a> {
    /// A table with its baseline; `measure` is called once a round.
    pub(crate) fn new(
        title: impl Into<String>,
        unit: Unit,
        rounds: usize,
        baseline: &str,
        measure: impl FnMut() -> Sample + 'a,
    ) -> Self {
        let table = Self {
            title: title.into(),
            unit,
            rounds,
            peers: Vec::new(),
        };
        table.peer(baseline, measure)
    }

    /// Adds a peer; `measure` is called once a round.
    pub(crate) fn peer(mut self, name: &str, measure: impl FnMut() -> Sample + 'a) -> Self {
        self.peers.push(Peer {
            name: name.to_owned(),
            measure: Box::new(measure),
        });
        self
    }

    /// Leaves out the peers that the text does not fit, except the baseline; `false` if that is then alone.
    pub(crate) fn keep_peers(&mut self, text: &str) -> bool {
        let mut is_baseline = true;
        self.peers
            .retain(|peer| std::mem::take(&mut is_baseline) || fits(text, &peer.name));
        self.peers.len() > 1
    }

    /// Measures every peer once a round, in a new order each round; the baseline comes first.
    ///
    /// The baseline gets a second turn in every round, as a peer of its own that is called "again":
    /// its distance from 1 shows the error of all ratios.
    pub(crate) fn run(mut self, order: &mut Order) -> Vec<Measured> {
        let again = self.peers.len();
        let mut found: Vec<Measured> = (self.peers.iter().map(|peer| peer.name.clone()))
            .chain([format!("{} again", self.peers[0].name)])
            .map(|name| Measured {
                name,
                samples: Vec::with_capacity(self.rounds),
            })
            .collect();
        // The first round fills caches, wakes the cores and lets loops find their length.
        for round in 0..=self.rounds {
            for turn in order.next(again + 1) {
                let peer = if turn == again { 0 } else { turn };
                let sample = (self.peers[peer].measure)();
                if round > 0 {
                    found[turn].samples.push(sample);
                }
            }
        }
        // It is listed after the peer that it repeats.
        found[1..].rotate_right(1);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};

    #[test]
    fn a_baseline_alone_compares_nothing() {
        let measure = || Sample::new(1.0);
        let table = Table::new("t", Unit::Nanoseconds, 1, "a", measure);
        assert!(!table.peer("b", measure).keep_peers("a"));
    }

    #[test]
    fn peers_alternate_and_the_first_round_is_discarded() {
        let log = RefCell::new(Vec::new());
        let calls = Cell::new(0.0);
        let measure = |name| {
            let (log, calls) = (&log, &calls);
            move || {
                log.borrow_mut().push(name);
                calls.set(calls.get() + 1.0);
                Sample::new(calls.get())
            }
        };
        let table = Table::new("t", Unit::Nanoseconds, 3, "a", measure("a"));
        let table = table.peer("b", measure("b"));
        let mut table = table.peer("left out", || unreachable!());
        assert!(table.keep_peers("b"));
        let found = table.run(&mut Order::new());

        let names: Vec<_> = found.iter().map(|peer| peer.name.as_str()).collect();
        assert_eq!(names, ["a", "a again", "b"]);
        for peer in &found {
            let rounds: Vec<_> = peer
                .samples
                .iter()
                .map(|sample| ((sample.figure - 1.0) / 3.0) as u32)
                .collect();
            assert_eq!(
                rounds,
                [1, 2, 3],
                "{}: one sample of each round but the first",
                peer.name
            );
        }
        for round in log.borrow().chunks(3) {
            assert_eq!(round.iter().filter(|name| **name == "b").count(), 1);
        }
    }
}
