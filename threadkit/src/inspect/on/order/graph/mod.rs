//! Which locks were acquired while others were held, and the rings that follow from it.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::class::Class;
use super::super::holds::Held;
use super::past::StrandId;
use super::ring::{Prevented, Ring, RingKey, prevented};
use super::step::{Acquisition, ClassId, Step, Use, excludes};
use crate::backend::Side;
use crate::index_map::{IndexMap, IndexSet};

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

/// # Bounds
///
/// There are at most [`STEPS`] steps on an edge, and [`PAIRS`] edges between single locks of the same two classes. So
/// the memory is bounded by the number of classes, which are places in the program.
#[derive(Debug, Default)]
pub(super) struct Graph {
    classes: IndexMap<Class, ClassId>,
    edges: IndexMap<EdgeKey, Edge>,
    from: IndexMap<Node, Vec<EdgeKey>>,
    /// The edges between single locks, oldest first, by their classes.
    pairs: IndexMap<(ClassId, ClassId), VecDeque<EdgeKey>>,
    /// Counts the edges that were ever added.
    version: u64,
    /// The rings that were found, and whether they were possible.
    found: IndexMap<RingKey, bool>,
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
            class: *self.classes.get_or_insert_with(*held.class, || next),
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
        let edge = self.edges.get_or_insert_with(key, || {
            self.version += 1;
            self.from.get_or_default(key.from).push(key);
            Edge::default()
        });
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
        let pairs = self.pairs.get_or_default(classes);
        pairs.push_back(newest);
        if pairs.len() <= PAIRS {
            return;
        }
        let Some(oldest) = pairs.pop_front() else {
            return;
        };
        self.edges.remove(&oldest);
        if let Some(from) = self.from.get_mut(&oldest.from) {
            from.retain(|key| *key != oldest);
            if from.is_empty() {
                self.from.remove(&oldest.from);
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
        let mut came_from = IndexMap::from_iter([(first, None)]);
        let mut reached = vec![(first, 1)];
        let mut at = 0;
        while let Some((key, length)) = reached.get(at).copied() {
            at += 1;
            if key.leads_to(first) {
                let back = |key: &EdgeKey| came_from.get(key).copied().flatten();
                let mut path: Vec<_> = core::iter::successors(Some(key), back).collect();
                path.reverse();
                return Some(path);
            }
            if length == LONGEST || reached.len() > PATIENCE {
                continue;
            }
            for next in self.next(key) {
                if !came_from.contains_key(&next) {
                    came_from.insert(next, Some(key));
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
        let mut steps = Vec::new();
        for other in &self.path_back(key)? {
            // The one in question, and of the others the latest.
            let last = self.edges.get(other)?.steps.last()?;
            steps.push(if *other == key { &step } else { last }.clone());
        }
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
        let key = ring.key();
        match self.found.get_mut(&key) {
            Some(known) => is_possible && !core::mem::replace(known, true),
            None if is_full => false,
            None => {
                self.found.insert(key, is_possible);
                true
            }
        }
    }

    /// The strands with recorded acquisitions that are still known.
    pub(super) fn strands(&self) -> IndexSet<StrandId> {
        let mut strands = IndexSet::new();
        for (_, edge) in self.edges.entries() {
            for step in &edge.steps {
                strands.add(step.acquisition.moment.strand);
            }
        }
        strands
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
