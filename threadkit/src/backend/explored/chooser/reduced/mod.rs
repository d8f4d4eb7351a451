//! All schedules, up to the order of steps that have nothing to do with each other.

mod known_use;
mod races;
#[cfg(test)]
mod tests;
mod tree;

use core::ops::Range;

use self::known_use::KnownUse;
use self::races::{Step, conflict, find_races};
use self::tree::{Branch, Next, Point, Tree, Visit};
use super::candidate::{Candidate, Chooser};
use crate::backend::explored::Access;

/// A search through all schedules, of which those that differ only in the order of independent steps count as one.
///
/// Two steps are independent if no object is used by both, or both only look at it: [`Access`]. To exchange two
/// independent steps that follow each other changes nothing, so one schedule of each class is enough.
///
/// The search is dynamic partial-order reduction with source sets and sleep sets (Abdulla, Aronis, Jonsson and Sagonas,
/// 2014). After a run it looks for races: two dependent steps of different tasks of which the second could have come
/// first. For each race the search must go another way at the point of the first of them (`Point::wanted`). A task that
/// was chosen there before sleeps in the other branches, until a step runs that depends on its step (`Point::asleep`):
/// without one, the branch would only lead to a schedule of the same class.
///
/// # The order of the branches
///
/// The authors search depth first. Then the branches at the first points of a run come last, and a fault that needs one
/// of them is not found before all orders of the later steps were tried: never, if the body is not very small. But the
/// proof needs no such order. It needs that at each point some first step of every schedule is chosen at some time, and
/// that of two branches at one point one counts as the earlier: in the later one its step sleeps, and in the earlier
/// one the other does not. So the branches that are left to be tried are kept in a tree, and any of them may be next:
/// `Tree` says which.
///
/// What a step uses is known when it is over, so a branch is known to be superfluous only after it was entered. If all
/// candidates sleep, the run goes on without choices, because real threads cannot be taken back, and is not searched.
#[derive(Default)]
pub(crate) struct Reduced {
    tree: Tree,
    /// The points of this run up to `depth`, and those to which it still has to come.
    path: Vec<Visit>,
    depth: usize,
    /// What the steps of this run have used: a part of `uses` for each point.
    uses_at: Vec<Range<usize>>,
    uses: Vec<Access>,
    /// Whether the rest of this run leads to nothing new.
    is_superfluous: bool,
    /// The objects that this run has used, in the order of their first uses: their numbers hold for all runs that begin
    /// in the same way.
    objects: Vec<usize>,
    /// Whether a run that began in the same way has used objects with other numbers, as if one was made where another
    /// one had been. Then no number is relied upon.
    has_other_numbers: bool,
    has_begun: bool,
    has_diverged: bool,
}

impl Chooser for Reduced {
    fn next_run(&mut self) -> bool {
        self.depth = 0;
        self.is_superfluous = false;
        self.objects.clear();
        self.uses.clear();
        self.uses_at.clear();
        if !core::mem::replace(&mut self.has_begun, true) {
            return true;
        }
        match self.tree.begin(&self.path) {
            Some(path) => {
                self.path = path;
                true
            }
            None => false,
        }
    }

    fn choose(&mut self, candidates: &[Candidate]) -> usize {
        self.step(candidates)
    }

    fn only(&mut self, candidate: Candidate) {
        self.step(&[candidate]);
    }

    fn wants_uses(&self) -> bool {
        true
    }

    fn used(&mut self, uses: &[Access]) {
        let before = self.objects.len();
        let numbers: Vec<_> = uses
            .iter()
            .filter(|access| !access.is_stable())
            .map(|access| self.number_of(access.object))
            .collect();
        // The first step of a run comes before the first choice. There is no other task yet.
        let Some(at) = self.last_step() else { return };
        if self.is_superfluous {
            return;
        }
        let begin = self.uses.len();
        self.uses.extend_from_slice(uses);
        self.uses_at[at] = begin..self.uses.len();
        let Visit { node, branch } = self.path[at];
        let Some(point) = self.tree.point_mut(node) else {
            return;
        };
        let branch = &mut point.branches[branch];
        if branch.known.is_empty() {
            branch.numbers = numbers;
        } else if branch.numbers != numbers {
            self.has_other_numbers = true;
        }
        let Some(first) = uses.first() else { return };
        for access in uses {
            let known = KnownUse::of(*access, *first, &self.objects[..before]);
            if !branch.known.contains(&known) {
                branch.known.push(known);
            }
        }
    }

    fn ends(&mut self, uses: &[Access]) {
        self.used(uses);
        let made = self.path[..self.depth].iter().zip(&self.uses_at);
        let steps: Vec<_> = made
            .filter_map(|(visit, uses)| {
                let point = self.tree.point(visit.node)?;
                Some(Step {
                    visit: *visit,
                    next: point.candidates[point.branches[visit.branch].candidate],
                    uses: &self.uses[uses.clone()],
                })
            })
            .collect();
        find_races(&steps, &mut self.tree);
    }

    fn has_diverged(&self) -> bool {
        self.has_diverged
    }

    fn pick(&mut self, bound: usize) -> usize {
        if self.is_superfluous {
            return 0;
        }
        if self.depth == self.path.len() {
            let draw = self.tree.add_draw(self.path.last().copied(), bound);
            self.path.push(draw);
        }
        let Visit { node, branch } = self.visit();
        match self.tree.point(node) {
            None => branch.min(bound - 1),
            Some(_) => {
                self.has_diverged = true;
                0
            }
        }
    }
}

impl Reduced {
    /// A search that keeps about that number of points.
    #[cfg(test)]
    fn keeping(points: usize) -> Self {
        Self {
            tree: Tree::keeping(points),
            ..Self::default()
        }
    }

    /// The number of the object at that address.
    fn number_of(&mut self, object: usize) -> usize {
        let known = self.objects.iter().position(|known| *known == object);
        known.unwrap_or_else(|| {
            self.objects.push(object);
            self.objects.len() - 1
        })
    }

    /// The run comes to the next point.
    fn visit(&mut self) -> Visit {
        self.depth += 1;
        self.uses_at.push(0..0);
        self.path[self.depth - 1]
    }

    /// Where on the path the last step is.
    fn last_step(&self) -> Option<usize> {
        let is_step = |at: &usize| self.tree.point(self.path[*at].node).is_some();
        (0..self.depth).rev().find(is_step)
    }

    /// The index of the candidate that runs next.
    fn step(&mut self, candidates: &[Candidate]) -> usize {
        if self.is_superfluous {
            return 0;
        }
        let next = |candidate: &Candidate| (candidate.task, candidate.by_timeout);
        if self.depth == self.path.len() {
            let asleep = self.still_asleep(candidates);
            let candidates: Vec<Next> = candidates.iter().map(next).collect();
            let is_awake = |candidate: &Next| asleep.iter().all(|(asleep, _)| asleep != candidate);
            let Some(chosen) = candidates.iter().position(is_awake) else {
                self.is_superfluous = true;
                return 0;
            };
            let mut wanted = vec![false; candidates.len()];
            wanted[chosen] = true;
            let point = Point {
                candidates,
                wanted,
                asleep,
                branches: vec![Branch::new(chosen)],
            };
            let visit = self.tree.add_point(self.path.last().copied(), point);
            self.path.push(visit);
        }
        let Visit { node, branch } = self.visit();
        match self.tree.point(node) {
            Some(point)
                if candidates
                    .iter()
                    .map(next)
                    .eq(point.candidates.iter().copied()) =>
            {
                point.branches[branch].candidate
            }
            _ => {
                self.has_diverged = true;
                0
            }
        }
    }

    /// What sleeps after the last step: what slept before, or was chosen there before, and does not depend on it. Of
    /// these, what cannot run now is woken.
    fn still_asleep(&self, candidates: &[Candidate]) -> Vec<(Next, Vec<KnownUse>)> {
        let Some(at) = self.last_step() else {
            return Vec::new();
        };
        let Visit { node, branch } = self.path[at];
        let Some(last) = self.tree.point(node) else {
            return Vec::new();
        };
        let uses = &self.uses[self.uses_at[at].clone()];
        let (task, _) = last.candidates[last.branches[branch].candidate];
        let is_independent = |(next, known): &(Next, &Vec<KnownUse>)| {
            let now = candidates
                .iter()
                .find(|candidate| (candidate.task, candidate.by_timeout) == *next);
            now.is_some_and(|now| {
                let objects = match self.has_other_numbers {
                    true => &[],
                    false => &self.objects[..],
                };
                let known: Vec<_> = known
                    .iter()
                    .map(|known| known.access(now.next, objects))
                    .collect();
                now.task != task && !conflict(&known, uses)
            })
        };
        let slept = last.asleep.iter().map(|(next, known)| (*next, known));
        let before = last.branches[..branch]
            .iter()
            .map(|branch| (last.candidates[branch.candidate], &branch.known));
        slept
            .chain(before)
            .filter(is_independent)
            .map(|(next, known)| (next, known.clone()))
            .collect()
    }
}
