//! The peers of a chart, and how each is drawn.

use super::canvas::{Mark, Shape};

/// Colours of threadkit's rows.
const OURS: [&str; 6] = [
    "#d62728", "#ff9f1c", "#e377c2", "#8c1515", "#c51b8a", "#e6550d",
];

/// Colours of all others that can be told apart, also by most people who do not see all colours.
const OTHERS: [&str; 9] = [
    "#0072b2", "#56b4e9", "#009e73", "#999999", "#8c6d31", "#b8a000", "#7f7fff", "#17becf",
    "#444c5c",
];

/// Rows that are named after types of threadkit.
const TYPES: [&str; 8] = [
    "#[synchronized]",
    "Lock",
    "Lock + Condition",
    "RLock",
    "RwLock",
    "Semaphore",
    "Timer::after",
    "Event",
];

/// The names of peers in the order in which they are met; threadkit's rows come first in the legend.
#[derive(Debug, Default)]
pub(super) struct Peers<'a> {
    ours: Vec<&'a str>,
    others: Vec<&'a str>,
}

impl<'a> Peers<'a> {
    pub(super) fn of(names: impl Iterator<Item = &'a str>) -> Self {
        let mut peers = Self::default();
        for name in names {
            let list = match is_ours(name) {
                true => &mut peers.ours,
                false => &mut peers.others,
            };
            if !list.contains(&name) {
                list.push(name);
            }
        }
        peers
    }

    pub(super) fn len(&self) -> usize {
        self.ours.len() + self.others.len()
    }

    /// How a peer is drawn, which must be one of them.
    pub(super) fn mark(&self, name: &str) -> Mark {
        let at = |list: &[&str]| list.iter().position(|known| *known == name);
        if let Some(at) = at(&self.ours) {
            let shape = Shape::Diamond;
            let colour = OURS[at % OURS.len()];
            return Mark { shape, colour };
        }
        let at = at(&self.others).expect("one of the peers");
        let shape = match at / OTHERS.len() {
            0 => Shape::Circle,
            _ => Shape::Square,
        };
        let colour = OTHERS[at % OTHERS.len()];
        Mark { shape, colour }
    }

    pub(super) fn legend(&self) -> impl Iterator<Item = (&'a str, Mark)> {
        let names = self.ours.iter().chain(&self.others);
        names.map(|name| (*name, self.mark(name)))
    }
}

/// Whether a row is threadkit's.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with("threadkit") || TYPES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_come_first_and_are_diamonds() {
        let peers = Peers::of(["std Mutex", "Lock", "std Mutex", "threadkit Queue"].into_iter());
        let legend: Vec<_> = peers
            .legend()
            .map(|(name, mark)| (name, mark.shape))
            .collect();
        let expected = [
            ("Lock", Shape::Diamond),
            ("threadkit Queue", Shape::Diamond),
            ("std Mutex", Shape::Circle),
        ];
        assert_eq!(legend, expected);
        assert_eq!(peers.len(), 3);
    }

    #[test]
    fn no_two_look_the_same() {
        let names: Vec<String> = (0..18).map(|n| format!("peer {n}")).collect();
        let peers = Peers::of(names.iter().map(String::as_str));
        let marks: Vec<Mark> = peers.legend().map(|(_, mark)| mark).collect();
        for (at, mark) in marks.iter().enumerate() {
            assert!(!marks[..at].contains(mark), "{mark:?}");
        }
    }
}
