//! Which locks were acquired while others were held, and the deadlocks that could follow from it.

use core::panic::Location;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::super::class::Class;
use super::super::holds::Held;
use super::past::{Moment, Past, StrandId};
use crate::backend::Side;
use crate::sort;

/// A lock that a thread holds or wants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    class: ClassId,
    pub(super) held: Held,
}

/// The number of a class in its graph.
type ClassId = u32;

/// A lock that a thread wanted while it held others.
#[derive(Debug)]
pub(super) struct Acquisition {
    pub(super) thread: Arc<str>,
    pub(super) moment: Moment,
    pub(super) past: Past,
    pub(super) held: Vec<Use>,
    pub(super) wanted: Use,
}

/// An acquisition, and which of the locks that the thread held is meant.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) acquisition: Arc<Acquisition>,
    from: usize,
}

impl Step {
    pub(super) fn held(&self) -> &Use {
        &self.acquisition.held[self.from]
    }

    pub(super) fn wanted(&self) -> &Use {
        &self.acquisition.wanted
    }

    /// Whether neither comes certainly before the other.
    fn is_concurrent_with(&self, other: &Self) -> bool {
        let (one, other) = (&*self.acquisition, &*other.acquisition);
        one.moment.strand != other.moment.strand
            && !one.past.has(other.moment)
            && !other.past.has(one.moment)
    }

    /// Whether `other`, recorded in the same moment, needs fewer locks to be held.
    fn is_implied_by(&self, other: &Self) -> bool {
        let mine = &self.acquisition.held;
        self.acquisition.moment == other.acquisition.moment
            && (other.acquisition.held.iter()).all(|lock| mine.iter().any(|own| own.is_like(lock)))
    }
}

impl Use {
    pub(super) fn is_of_class(&self, other: &Self) -> bool {
        self.class == other.class
    }

    pub(super) fn is_lock(&self, other: &Self) -> bool {
        self.held.number == other.held.number
    }

    fn is_like(&self, other: &Self) -> bool {
        self.held.number == other.held.number && self.held.side == other.held.side
    }
}

/// Whether two threads cannot hold a lock at the same time, one in each of these ways.
pub(super) fn excludes(one: Option<Side>, other: Option<Side>) -> bool {
    !matches!(
        (one, other),
        (Some(Side::Read), Some(Side::Read | Side::Upgradable))
            | (Some(Side::Upgradable), Some(Side::Read))
    )
}

/// A class, or one lock of it where its locks are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Node {
    class: ClassId,
    number: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct EdgeKey {
    from: Node,
    from_side: Option<Side>,
    to: Node,
    to_side: Option<Side>,
}

/// Some of the acquisitions that show that a lock was wanted while another was held.
#[derive(Debug, Default)]
struct Edge {
    /// The latest, [`STEPS`] at most.
    steps: Vec<Step>,
    /// The version of the graph in which no way led back, if any.
    no_way_back_at: u64,
}

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
    fn of(steps: &[Step]) -> Self {
        let classes = classes(steps);
        let places = steps.iter().filter(|_| classes.len() == 1);
        let mixed = steps.iter().filter(|step| step.held().held.is_mixed());
        let mut key = Self {
            places: places.map(|step| step.wanted().held.place).collect(),
            numbers: mixed.map(|step| step.held().held.number).collect(),
            classes,
        };
        sort::few(&mut key.places);
        key.places.dedup();
        sort::few(&mut key.numbers);
        key
    }
}

/// # Bounds
///
/// There are at most [`STEPS`] steps on an edge, and [`PAIRS`] edges between single locks of the same two classes. So
/// the memory is bounded by the number of classes, which are places in the program.
#[derive(Debug, Default)]
pub(super) struct Graph {
    classes: HashMap<Class, ClassId>,
    edges: HashMap<EdgeKey, Edge>,
    from: HashMap<Node, Vec<EdgeKey>>,
    /// The edges between single locks, oldest first, by their classes.
    pairs: HashMap<(ClassId, ClassId), VecDeque<EdgeKey>>,
    /// Counts the edges that were ever added.
    version: u64,
    /// The rings that were found, and whether they were possible.
    found: HashMap<RingKey, bool>,
}

const STEPS: usize = 4;
const PAIRS: usize = 256;
/// The longest ring that is looked for.
const LONGEST: usize = 16;
/// How many edges are looked at for one acquisition.
const PATIENCE: usize = 2048;
/// How many rings are remembered.
const RINGS: usize = 1024;

impl Graph {
    /// The key of a lock that a thread holds or wants.
    pub(super) fn describe(&mut self, held: Held) -> Use {
        let next = self.classes.len() as ClassId;
        Use {
            class: *self.classes.entry(*held.class).or_insert(next),
            held,
        }
    }

    /// Notes an acquisition. Returns the rings that it closes and that were not found before.
    pub(super) fn add(&mut self, acquisition: Acquisition) -> Vec<Ring> {
        let acquisition = Arc::new(acquisition);
        let mut rings = Vec::new();
        for from in 0..acquisition.held.len() {
            let acquisition = Arc::clone(&acquisition);
            let step = Step { acquisition, from };
            let (held, wanted) = (step.held(), step.wanted());
            // A second acquisition of the same lock is no order. Two locks of another library cannot be told from those
            // that were at the same addresses before.
            let says_nothing =
                held.is_lock(wanted) || held.held.class.is_foreign() && held.is_of_class(wanted);
            if !says_nothing {
                rings.extend(self.add_step(step));
            }
        }
        rings
    }

    fn add_step(&mut self, step: Step) -> Option<Ring> {
        let key = EdgeKey::of(&step);
        let edge = match self.edges.entry(key) {
            Entry::Occupied(edge) => edge.into_mut(),
            Entry::Vacant(place) => {
                self.version += 1;
                self.from.entry(key.from).or_default().push(key);
                place.insert(Edge::default())
            }
        };
        if edge.steps.iter().any(|known| step.is_implied_by(known)) {
            return None;
        }
        if edge.steps.len() == STEPS {
            edge.steps.remove(0);
        }
        edge.steps.push(step.clone());
        let is_new = edge.steps.len() == 1;
        let has_way_back = edge.no_way_back_at != self.version;
        if is_new && key.is_between_locks() {
            self.forget_oldest(key);
        }
        if !has_way_back {
            return None;
        }
        if self.path_back(key).is_none() {
            if let Some(edge) = self.edges.get_mut(&key) {
                edge.no_way_back_at = self.version;
            }
            return None;
        }
        self.find(key, step)
    }

    /// Keeps the edges between single locks below their bound.
    fn forget_oldest(&mut self, newest: EdgeKey) {
        let classes = (newest.from.class, newest.to.class);
        let pairs = self.pairs.entry(classes).or_default();
        pairs.push_back(newest);
        if pairs.len() <= PAIRS {
            return;
        }
        let Some(oldest) = pairs.pop_front() else {
            return;
        };
        self.edges.remove(&oldest);
        if let Entry::Occupied(mut from) = self.from.entry(oldest.from) {
            from.get_mut().retain(|key| *key != oldest);
            if from.get().is_empty() {
                from.remove();
            }
        }
    }

    /// The edges that go on from where `key` leads to.
    fn next(&self, key: EdgeKey) -> impl Iterator<Item = EdgeKey> {
        let from = self.from.get(&key.to).into_iter().flatten();
        from.copied()
            .filter(move |next| excludes(key.to_side, next.from_side))
    }

    /// The shortest way from the end of `first` to its beginning, `first` included. It need not be possible.
    fn path_back(&self, first: EdgeKey) -> Option<Vec<EdgeKey>> {
        let mut came_from = HashMap::from([(first, None)]);
        let mut reached = vec![(first, 1)];
        let mut at = 0;
        while let Some((key, length)) = reached.get(at).copied() {
            at += 1;
            if key.leads_to(first) {
                let back = |key: &EdgeKey| came_from[key];
                let mut path: Vec<_> = core::iter::successors(Some(key), back).collect();
                path.reverse();
                return Some(path);
            }
            if length == LONGEST || reached.len() > PATIENCE {
                continue;
            }
            for next in self.next(key) {
                if let Entry::Vacant(place) = came_from.entry(next) {
                    place.insert(Some(key));
                    reached.push((next, length + 1));
                }
            }
        }
        None
    }

    /// The shortest possible ring with this step; if there is none, an impossible one. `None` if it was found before.
    fn find(&mut self, key: EdgeKey, step: Step) -> Option<Ring> {
        let mut patience = PATIENCE;
        for length in 2..=LONGEST {
            let mut path = Path {
                keys: vec![key],
                steps: vec![step.clone()],
            };
            if self.extend(&mut path, length, &mut patience) {
                let ring = Ring {
                    steps: path.steps,
                    prevented: None,
                };
                return self.is_new(&ring).then_some(ring);
            }
        }
        let steps = self.path_back(key)?.into_iter().map(|other| {
            // The one in question, and of the others the latest.
            let last = self.edges.get(&other)?.steps.last()?;
            Some(if other == key { &step } else { last }.clone())
        });
        let steps = steps.collect::<Option<Vec<_>>>()?;
        let prevented = prevented(&steps).unwrap_or(Prevented::ByOrder);
        let ring = Ring {
            steps,
            prevented: Some(prevented),
        };
        self.is_new(&ring).then_some(ring)
    }

    /// Makes a possible ring of that length from a path, if there is one.
    fn extend(&self, path: &mut Path, length: usize, patience: &mut usize) -> bool {
        let (Some(first), Some(last)) = (path.keys.first().copied(), path.keys.last().copied())
        else {
            return false;
        };
        if path.keys.len() == length {
            return last.leads_to(first)
                && prevented(&path.steps).is_none()
                && !self
                    .found
                    .get(&RingKey::of(&path.steps))
                    .is_some_and(|real| *real);
        }
        if path.keys.len() > 1 && last.to == first.from {
            return false;
        }
        for next in self.next(last) {
            let is_passed = path
                .keys
                .iter()
                .any(|key| key.to == next.to && next.to != first.from);
            let Some(edge) = self.edges.get(&next).filter(|_| !is_passed) else {
                continue;
            };
            for step in edge.steps.iter().rev() {
                if *patience == 0 {
                    return false;
                }
                *patience -= 1;
                if path
                    .steps
                    .iter()
                    .all(|other| step.is_concurrent_with(other))
                {
                    path.keys.push(next);
                    path.steps.push(step.clone());
                    if self.extend(path, length, patience) {
                        return true;
                    }
                    path.keys.pop();
                    path.steps.pop();
                }
            }
        }
        false
    }

    /// Whether no such ring was found before. An impossible one is followed by a possible one at most.
    fn is_new(&mut self, ring: &Ring) -> bool {
        let is_possible = ring.prevented.is_none();
        let is_full = self.found.len() >= RINGS;
        match self.found.entry(ring.key()) {
            Entry::Occupied(mut known) => is_possible && !known.insert(true),
            Entry::Vacant(place) => {
                if is_full {
                    return false;
                }
                place.insert(is_possible);
                true
            }
        }
    }

    /// The strands with recorded acquisitions that are still known.
    pub(super) fn strands(&self) -> HashSet<StrandId> {
        let steps = self.edges.values().flat_map(|edge| &edge.steps);
        steps.map(|step| step.acquisition.moment.strand).collect()
    }
}

/// Edges that each begin where the last one ends, and a step on each.
struct Path {
    keys: Vec<EdgeKey>,
    steps: Vec<Step>,
}

impl EdgeKey {
    fn of(step: &Step) -> Self {
        let (from, to) = (step.held(), step.wanted());
        let is_one_class = from.class == to.class;
        let node = |lock: &Use| Node {
            class: lock.class,
            number: Some(lock.held.number).filter(|_| lock.held.is_mixed() || is_one_class),
        };
        Self {
            from: node(from),
            from_side: from.held.side,
            to: node(to),
            to_side: to.held.side,
        }
    }

    fn is_between_locks(&self) -> bool {
        self.from.number.is_some() || self.to.number.is_some()
    }

    fn leads_to(&self, first: Self) -> bool {
        self.to == first.from && excludes(self.to_side, first.from_side)
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
fn prevented(steps: &[Step]) -> Option<Prevented> {
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

#[cfg(test)]
mod tests {
    use super::super::super::class::MIXED;
    use super::super::super::holds::Form;
    use super::*;

    /// A lock: its class and its number.
    type Lock = (&'static str, u64);

    /// Acquisitions by hand.
    #[derive(Default)]
    struct Bench(Graph);

    impl Bench {
        /// A thread wants `wanted` while it holds `held`.
        fn add_in(
            &mut self,
            moment: Moment,
            past: &Past,
            held: &[(Lock, Option<Side>)],
            wanted: (Lock, Option<Side>),
        ) -> Vec<Ring> {
            let mut used = |((class, number), side): (Lock, Option<Side>)| {
                let held = Held {
                    lock: 0,
                    number: match class.starts_with("mixed") {
                        true => number | MIXED,
                        false => number,
                    },
                    class: Class {
                        name: Some(class),
                        created: Location::caller(),
                    }
                    .shared()
                    .unwrap(),
                    side,
                    form: Form::Waits,
                    place: Location::caller(),
                    since: 0,
                };
                self.0.describe(held)
            };
            let wanted = used(wanted);
            let held = held.iter().copied().map(used).collect();
            self.0.add(Acquisition {
                thread: moment.strand.to_string().into(),
                moment,
                past: past.clone(),
                held,
                wanted,
            })
        }

        /// A strand without a past acquires locks without sides, in that order; what the last acquisition closes.
        fn add(&mut self, strand: StrandId, locks: &[Lock]) -> Vec<Ring> {
            let sided: Vec<_> = locks.iter().map(|lock| (*lock, None)).collect();
            self.add_sided(strand, &sided)
        }

        fn add_sided(&mut self, strand: StrandId, locks: &[(Lock, Option<Side>)]) -> Vec<Ring> {
            let (wanted, held) = locks.split_last().expect("there is one");
            let moment = Moment { strand, epoch: 0 };
            self.add_in(moment, &Past::NONE, held, *wanted)
        }
    }

    fn names(ring: &Ring) -> Vec<&'static str> {
        let name = |step: &Step| step.held().held.class.name.unwrap_or_default();
        ring.steps.iter().map(name).collect()
    }

    /// The one possible ring among these.
    #[track_caller]
    fn only(rings: &[Ring]) -> Vec<&'static str> {
        assert_eq!(rings.len(), 1, "{rings:?}");
        assert!(rings[0].prevented.is_none(), "{rings:?}");
        names(&rings[0])
    }

    #[track_caller]
    fn only_prevented(rings: &[Ring]) -> &Prevented {
        assert_eq!(rings.len(), 1, "{rings:?}");
        rings[0].prevented.as_ref().expect("it is impossible")
    }

    const A: Lock = ("a", 1);
    const B: Lock = ("b", 2);
    const C: Lock = ("c", 3);
    const G: Lock = ("g", 9);

    #[test]
    fn two_orders_are_a_ring_once() {
        let mut bench = Bench::default();
        assert!(bench.add(1, &[A, B]).is_empty());
        assert_eq!(only(&bench.add(2, &[B, A])), ["b", "a"]);
        assert!(bench.add(3, &[B, A]).is_empty());
        assert!(bench.add(4, &[A, B]).is_empty());
    }

    #[test]
    fn three_and_more_locks_make_a_ring() {
        for count in 3..=LONGEST as u64 {
            let locks: Vec<Lock> = (0..count)
                .map(|n| {
                    (
                        [
                            "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x",
                            "y", "z",
                        ][n as usize],
                        n,
                    )
                })
                .collect();
            let mut bench = Bench::default();
            for at in 1..locks.len() {
                assert!(bench.add(at as u64, &locks[at - 1..=at]).is_empty());
            }
            let last = [locks[locks.len() - 1], locks[0]];
            assert_eq!(only(&bench.add(99, &last)).len(), locks.len());
        }
    }

    #[test]
    fn one_order_is_no_ring() {
        let mut bench = Bench::default();
        for strand in 0..5 {
            for locks in [&[A, B][..], &[B, C], &[A, C], &[A, B, C]] {
                assert!(bench.add(strand, locks).is_empty());
            }
        }
    }

    #[test]
    fn a_common_outer_lock_prevents_a_ring() {
        let mut bench = Bench::default();
        bench.add(1, &[G, A]);
        assert!(bench.add(1, &[G, A, B]).is_empty());
        bench.add(2, &[G, B]);
        let rings = bench.add(2, &[G, B, A]);
        let Prevented::By(gate) = only_prevented(&rings) else {
            panic!("{rings:?}");
        };
        assert_eq!(gate.held.class.name, Some("g"));
        // Without it on one side only, it is possible.
        assert_eq!(only(&bench.add(3, &[B, A])), ["b", "a"]);
    }

    #[test]
    fn a_lock_of_which_two_threads_hold_different_ones_prevents_nothing() {
        let (one, other) = (("g", 10), ("g", 11));
        let mut bench = Bench::default();
        bench.add(1, &[one, A, B]);
        assert_eq!(only(&bench.add(2, &[other, B, A])), ["b", "a"]);
        // It does for locks that are different as well: they are under the lock of their object.
        let mut bench = Bench::default();
        bench.add(1, &[one, ("a", 20), ("b", 21)]);
        let rings = bench.add(2, &[other, ("b", 31), ("a", 30)]);
        assert!(matches!(only_prevented(&rings), Prevented::By(_)));
    }

    #[test]
    fn readers_of_an_outer_lock_are_not_ordered_by_it() {
        let held = |side| [(G, Some(side)), (A, None), (B, None)];
        for (one, other, is_possible) in [
            (Side::Read, Side::Read, true),
            (Side::Read, Side::Write, false),
            (Side::Upgradable, Side::Upgradable, false),
            (Side::Upgradable, Side::Read, true),
        ] {
            let mut bench = Bench::default();
            bench.add_sided(1, &held(one));
            let rings = bench.add_sided(2, &[(G, Some(other)), (B, None), (A, None)]);
            assert_eq!(
                rings[0].prevented.is_none(),
                is_possible,
                "{one:?} {other:?}"
            );
        }
    }

    #[test]
    fn starts_and_joins_prevent_a_ring() {
        let parent = Moment {
            strand: 1,
            epoch: 0,
        };
        let mut after = Past::NONE;
        after.add(parent);
        let child = Moment {
            strand: 2,
            epoch: 0,
        };
        let mut bench = Bench::default();
        bench.add_in(parent, &Past::NONE, &[(A, None)], (B, None));
        let rings = bench.add_in(child, &after, &[(B, None)], (A, None));
        assert!(matches!(only_prevented(&rings), Prevented::ByOrder));
        // The parent goes on beside the child.
        let later = Moment {
            strand: 1,
            epoch: 1,
        };
        let rings = bench.add_in(later, &Past::NONE, &[(A, None)], (B, None));
        assert_eq!(only(&rings), ["a", "b"]);
    }

    #[test]
    fn one_thread_cannot_deadlock_with_itself() {
        let mut bench = Bench::default();
        bench.add(1, &[A, B]);
        let rings = bench.add(1, &[B, A]);
        assert!(matches!(only_prevented(&rings), Prevented::ByOrder));
        assert_eq!(only(&bench.add(2, &[A, B])), ["a", "b"]);
    }

    #[test]
    fn every_pair_of_a_ring_must_be_possible() {
        let first = Moment {
            strand: 1,
            epoch: 0,
        };
        let mut after = Past::NONE;
        after.add(first);
        let third = Moment {
            strand: 3,
            epoch: 0,
        };
        let mut bench = Bench::default();
        bench.add_in(first, &Past::NONE, &[(A, None)], (B, None));
        bench.add(2, &[B, C]);
        let rings = bench.add_in(third, &after, &[(C, None)], (A, None));
        assert!(matches!(only_prevented(&rings), Prevented::ByOrder));
    }

    #[test]
    fn sides_that_stand_beside_each_other_make_no_ring() {
        use Side::{Read, Upgradable, Write};
        for (first, second, third, fourth, is_ring) in [
            (Read, Read, Read, Read, false),
            (Read, Read, Write, Read, false),
            (Read, Write, Read, Read, false),
            (Upgradable, Read, Upgradable, Read, false),
            (Read, Write, Read, Write, true),
            (Write, Read, Write, Read, true),
            (Write, Write, Write, Write, true),
            (Upgradable, Upgradable, Upgradable, Upgradable, true),
        ] {
            // One thread holds `a` and wants `b`, the other holds `b` and wants `a`.
            let mut bench = Bench::default();
            bench.add_sided(1, &[(A, Some(first)), (B, Some(second))]);
            let rings = bench.add_sided(2, &[(B, Some(third)), (A, Some(fourth))]);
            let blocks = excludes(Some(second), Some(third)) && excludes(Some(fourth), Some(first));
            assert_eq!(blocks, is_ring);
            assert_eq!(
                !rings.is_empty(),
                is_ring,
                "{first:?} {second:?} {third:?} {fourth:?}"
            );
        }
    }

    #[test]
    fn locks_of_one_class_are_told_apart() {
        let lock = |number| ("node", number);
        let mut bench = Bench::default();
        for strand in 0..3 {
            for number in 0..300 {
                assert!(
                    bench
                        .add(strand, &[lock(number), lock(number + 1)])
                        .is_empty()
                );
                assert!(
                    bench
                        .add(strand, &[lock(number), lock(number + 7)])
                        .is_empty()
                );
            }
        }
        assert_eq!(
            only(&bench.add(7, &[lock(300), lock(299)])),
            ["node", "node"]
        );
        let mut ring = Bench::default();
        for number in 0..4 {
            ring.add(number, &[lock(number), lock(number + 1)]);
        }
        assert_eq!(only(&ring.add(9, &[lock(4), lock(0)])).len(), 5);
    }

    #[test]
    fn locks_of_a_mixed_class_are_told_apart_everywhere() {
        let mut bench = Bench::default();
        bench.add(1, &[("mixed", 1), A]);
        assert!(bench.add(2, &[A, ("mixed", 2)]).is_empty());
        assert_eq!(only(&bench.add(3, &[A, ("mixed", 1)])), ["a", "mixed"]);
    }

    #[test]
    fn classes_are_taken_together_where_locks_differ() {
        let mut bench = Bench::default();
        bench.add(1, &[("a", 10), ("b", 11)]);
        assert_eq!(only(&bench.add(2, &[("b", 21), ("a", 20)])), ["b", "a"]);
    }

    #[test]
    fn a_second_acquisition_of_a_lock_is_no_order() {
        let mut bench = Bench::default();
        let read = (A, Some(Side::Read));
        assert!(bench.add_sided(1, &[read, read]).is_empty());
        assert!(bench.add_sided(2, &[read, (B, None), read]).is_empty());
    }

    #[test]
    fn the_memory_is_bounded() {
        let mut bench = Bench::default();
        for number in 0..10_000 {
            bench.add(number, &[("node", number), ("node", number + 1)]);
            bench.add(number, &[("mixed", number), A]);
            bench.add(number, &[A, B]);
        }
        assert_eq!(bench.0.edges.len(), 2 * PAIRS + 1);
        assert_eq!(
            bench.0.from.values().map(Vec::len).sum::<usize>(),
            2 * PAIRS + 1
        );
        assert!(bench.0.edges.values().all(|edge| edge.steps.len() <= STEPS));
        assert!(bench.0.strands().len() <= 2 * PAIRS + STEPS);
    }
}
