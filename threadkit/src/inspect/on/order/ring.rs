//! Acquisitions that make a ring, and whether they could deadlock.

use core::panic::Location;

use super::step::{ClassId, Step, Use, excludes};
use crate::sort;

/// Why the steps of a ring cannot deadlock.
#[derive(Clone, Debug)]
pub(super) enum Prevented {
    /// Two of the threads held this lock.
    By(Use),
    /// One comes before another, by a start or a join or in one thread.
    ByOrder,
}

/// Locks that are acquired in a ring: each step wants the lock that the next one holds.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    pub(super) steps: Vec<Step>,
    pub(super) prevented: Option<Prevented>,
}

/// The key of a ring in the list of reports: the classes of its locks, each once. If all locks are of one class, the
/// places of the acquisitions are the key; for locks of mixed classes their numbers are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RingKey {
    classes: Vec<ClassId>,
    places: Vec<&'static Location<'static>>,
    numbers: Vec<u64>,
}

impl Ring {
    pub(super) fn key(&self) -> RingKey {
        RingKey::of(&self.steps)
    }
}

impl RingKey {
    pub(super) fn of(steps: &[Step]) -> Self {
        let classes = classes(steps);
        let is_one_class = classes.len() == 1;
        let mut key = Self {
            places: Vec::new(),
            numbers: Vec::new(),
            classes,
        };
        for step in steps {
            if is_one_class {
                key.places.push(step.wanted().held.place);
            }
            if step.held().held.is_mixed() {
                key.numbers.push(step.held().held.number);
            }
        }
        sort::few(&mut key.places);
        key.places.dedup();
        sort::few(&mut key.numbers);
        key
    }
}

/// The classes of a ring, each once.
fn classes(steps: &[Step]) -> Vec<ClassId> {
    let mut classes: Vec<_> = steps.iter().map(|step| step.held().class).collect();
    sort::few(&mut classes);
    classes.dedup();
    classes
}

/// Why the threads of these steps, which make a ring, can never be in them at the same time.
///
/// Two of them cannot if both hold a lock that excludes the other. It is the same lock. If the ring is one of classes,
/// in which the steps are of different locks, one of the same class will do: the locks of one object are acquired under
/// the lock of that object.
pub(super) fn prevented(steps: &[Step]) -> Option<Prevented> {
    let next = steps.iter().cycle().skip(1);
    let same_locks = (steps.iter().zip(next))
        .all(|(step, next)| step.wanted().held.number == next.held().held.number);
    let ring = classes(steps);
    let is_common = |one: &Use, other: &Use| {
        let is_same = one.held.number == other.held.number
            || !same_locks && one.class == other.class && !ring.contains(&one.class);
        is_same && excludes(one.held.side, other.held.side)
    };
    for (at, one) in steps.iter().enumerate() {
        for other in &steps[at + 1..] {
            if !one.is_concurrent_with(other) {
                return Some(Prevented::ByOrder);
            }
            let gate = (one.acquisition.held.iter())
                .find(|lock| (other.acquisition.held.iter()).any(|other| is_common(lock, other)));
            if let Some(gate) = gate {
                return Some(Prevented::By(*gate));
            }
        }
    }
    None
}
