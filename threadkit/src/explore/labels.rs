//! Names for the threads and objects of a report.

use core::fmt;
use core::num::NonZeroU64;
use core::panic::Location;

use crate::backend::explored::{Happening, Object, Run};
use crate::inspect::is_ours;

/// Short names for the objects in a report, and the numbers of the threads.
pub(super) struct Labels {
    /// The threads by their numbers in the run, each with its id in the process.
    threads: Vec<Option<NonZeroU64>>,
    /// The objects without a name, in the order in which the report shows them, each with the place by which it is known.
    unnamed: Vec<(Object, Origin)>,
    /// Those with a name.
    named: Vec<Object>,
}

/// Where an object comes from, as far as the program shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    MadeAt(&'static Location<'static>),
    /// The standard library has made it, such as a closure that is given the function that makes it.
    FirstUsedAt(&'static Location<'static>),
}

impl Origin {
    fn of(object: Object, run: &Run) -> Self {
        if !is_of_std(object.made) {
            return Self::MadeAt(object.made);
        }
        let mut uses = run.happenings.iter().filter_map(|happening| {
            let Happening::Step(_, step) = happening else {
                return None;
            };
            step.place
                .filter(|place| step.object() == Some(object) && !is_ours(place))
        });
        let first = uses.find(|place| !is_of_std(place));
        first.map_or(Self::MadeAt(object.made), Self::FirstUsedAt)
    }
}

/// Whether the place is in the source of the standard library.
fn is_of_std(place: &Location<'_>) -> bool {
    place.file().starts_with("/rustc/")
}

impl Labels {
    /// For the objects that these happenings are about.
    pub(super) fn of<'a>(run: &Run, shown: impl Iterator<Item = &'a Happening>) -> Self {
        let mut labels = Self {
            threads: run.tasks.iter().map(|task| task.id).collect(),
            unnamed: Vec::new(),
            named: Vec::new(),
        };
        for happening in shown {
            let Happening::Step(_, step) = happening else {
                continue;
            };
            let Some(object) = step.object() else {
                continue;
            };
            if object.name.is_some() {
                if !labels.named.contains(&object) {
                    labels.named.push(object);
                }
            } else if labels.number_of(object).is_none() {
                labels.unnamed.push((object, Origin::of(object, run)));
            }
        }
        labels
    }

    /// The number of the thread in the run.
    pub(super) fn number(&self, thread: NonZeroU64) -> Option<usize> {
        self.threads.iter().position(|id| *id == Some(thread))
    }

    fn number_of(&self, object: Object) -> Option<usize> {
        let at = self
            .unnamed
            .iter()
            .position(|(unnamed, _)| *unnamed == object);
        at.map(|at| at + 1)
    }

    pub(super) fn name(&self, object: Object) -> String {
        let Some(name) = object.name else {
            return match self.number_of(object) {
                Some(number) => format!("[{number}]"),
                None => format!("{} made at {}", object.kind, object.made),
            };
        };
        let mut namesakes = (self.named.iter()).filter(|named| named.name == Some(name));
        let number = namesakes.clone().position(|named| *named == object);
        match (namesakes.nth(1), number) {
            (Some(_), Some(number)) => format!("`{name}` {}", number + 1),
            _ => format!("`{name}`"),
        }
    }
}

/// A line for each place from which there are objects without a name.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = |(object, origin): &(Object, Origin)| (object.kind, *origin);
        for (at, unnamed) in self.unnamed.iter().enumerate() {
            if self.unnamed[..at].iter().any(|it| key(it) == key(unnamed)) {
                continue;
            }
            let numbers = (1..).zip(&self.unnamed);
            let numbers = numbers.filter(|(_, it)| key(it) == key(unnamed));
            let numbers: Vec<_> = numbers.map(|(number, _)| number).collect();
            let each = if numbers.len() == 1 { "is" } else { "are each" };
            let listed = listed(&numbers, |number| format!("[{number}]"));
            write!(f, "\n{listed} {each} {} ", unnamed.0.kind)?;
            match unnamed.1 {
                Origin::MadeAt(place) => write!(f, "made at {place}")?,
                Origin::FirstUsedAt(place) => write!(f, "first used at {place}")?,
            }
        }
        Ok(())
    }
}

/// The threads of the run with their names. Names that differ by a number, which counts up, are one entry.
pub(super) fn threads(run: &Run) -> String {
    /// That many names are worth it.
    const ENOUGH: usize = 4;
    let names: Vec<_> = run.tasks.iter().map(|task| task.name.as_str()).collect();
    let mut entries = Vec::new();
    let mut at = 0;
    while at < names.len() {
        let follow = names[at..].windows(2);
        let more = follow.take_while(|two| follows(two[0], two[1])).count();
        let last = at + more;
        if more + 1 >= ENOUGH {
            let (first, end) = (names[at], names[last]);
            entries.push(format!("{at} to {last} are `{first}` to `{end}`"));
        } else {
            entries.extend((at..=last).map(|task| format!("{task} is `{}`", names[task])));
        }
        at = last + 1;
    }
    entries.join(", ")
}

/// Whether the second name is the first one with a number that is one more.
fn follows(first: &str, second: &str) -> bool {
    let parts = |name| {
        let digits = |c: char| c.is_ascii_digit();
        let (before, rest) = str::split_at(name, name.find(digits)?);
        let end = rest.find(|c| !digits(c)).unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        Some((before, number.parse::<u64>().ok()?, after))
    };
    match (parts(first), parts(second)) {
        (Some((before, number, after)), Some((other_before, other, other_after))) => {
            (before, after) == (other_before, other_after) && number.checked_add(1) == Some(other)
        }
        _ => false,
    }
}

/// Numbers in ascending order as a list, in which three and more that follow each other are a range.
pub(super) fn listed(numbers: &[usize], shown: impl Fn(usize) -> String) -> String {
    let mut entries = Vec::new();
    for range in numbers.chunk_by(|a, b| a + 1 == *b) {
        match range {
            [first, _, .., last] => entries.push(format!("{} to {}", shown(*first), shown(*last))),
            few => entries.extend(few.iter().map(|number| shown(*number))),
        }
    }
    let last = entries.pop().unwrap_or_default();
    match entries.is_empty() {
        true => last,
        false => format!("{} and {last}", entries.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_follow_each_other_are_a_range() {
        let of = |numbers: &[usize]| listed(numbers, |number| format!("[{number}]"));
        assert_eq!(of(&[4]), "[4]");
        assert_eq!(of(&[4, 5]), "[4] and [5]");
        assert_eq!(of(&[1, 3, 4, 5, 8]), "[1], [3] to [5] and [8]");
    }

    #[test]
    fn a_name_follows_another_if_it_has_the_next_number() {
        assert!(follows("Thread-9 (spawn)", "Thread-10 (spawn)"));
        assert!(!follows("Thread-9 (spawn)", "Thread-10 (body)"));
        assert!(!follows("Thread-9 (spawn)", "Thread-11 (spawn)"));
        assert!(!follows("main", "Thread-1 (spawn)"));
    }
}
