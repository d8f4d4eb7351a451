//! What the run before says of the steps to come.

use std::collections::BTreeMap;

use super::candidate::Candidate;
use crate::backend::explored::{Access, Use};

/// The objects that several tasks of a body use, as the run before has shown them.
///
/// Only the order of steps that use one of them can matter. Most steps of a run do not: they start and end threads, and
/// use what one task has for itself.
///
/// An object has another address in each run. So it is recognized by the step with which a task uses it for the first
/// time: the steps of one task come in the same order in most schedules. A step that is not recognized counts as one that
/// does not matter, in this run.
#[derive(Default)]
pub(super) struct Shared {
    objects: Vec<Object>,
    /// The object that a task uses for the first time with a step, by the task and the number of the step.
    firsts: BTreeMap<(usize, usize), usize>,
    /// The objects that were recognized in this run, by their addresses.
    known: BTreeMap<usize, usize>,
    /// What the steps of each task of this run have begun with, as far as that is known.
    made: Vec<Vec<Access>>,
}

/// An object that several tasks use.
pub(super) struct Object {
    /// The number of steps that use it, by task.
    pub(super) steps: Vec<usize>,
}

/// An object of the run that is over, while it is not known whether several tasks use it.
#[derive(Default)]
struct Seen {
    steps: Vec<usize>,
    firsts: Vec<(usize, usize)>,
    has_changed: bool,
}

impl Shared {
    /// Learns from the run that is over.
    pub(super) fn next_run(&mut self) {
        let made = core::mem::take(&mut self.made);
        self.known.clear();
        if made.is_empty() {
            return;
        }
        self.objects.clear();
        self.firsts.clear();
        // In the order in which they are met here, which is the same in each process, unlike that of the addresses.
        let mut seen: Vec<Seen> = Vec::new();
        let mut number_of = BTreeMap::new();
        for (task, steps) in made.iter().enumerate() {
            for (step, access) in steps.iter().enumerate() {
                let number = *number_of.entry(access.object).or_insert(seen.len());
                if number == seen.len() {
                    seen.push(Seen::default());
                }
                seen[number].add(task, step, *access);
            }
        }
        let is_shared = |object: &Seen| object.has_changed && object.firsts.len() > 1;
        for object in seen.into_iter().filter(is_shared) {
            let number = self.objects.len();
            self.firsts
                .extend(object.firsts.into_iter().map(|first| (first, number)));
            self.objects.push(Object {
                steps: object.steps,
            });
        }
    }

    /// The objects, of which there are none before the second run.
    pub(super) fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The object that the next step of a candidate begins with, if it is one of them.
    pub(super) fn object_of(&mut self, candidate: &Candidate) -> Option<usize> {
        if !is_definite(candidate) {
            return None;
        }
        let address = candidate.next.object;
        if let Some(number) = self.known.get(&address) {
            return Some(*number);
        }
        let step = self.made.get(candidate.task).map_or(0, Vec::len);
        let number = *self.firsts.get(&(candidate.task, step))?;
        self.known.insert(address, number);
        Some(number)
    }

    /// Notes that this candidate runs.
    pub(super) fn runs(&mut self, candidate: &Candidate) {
        if !is_definite(candidate) {
            return;
        }
        if self.made.len() <= candidate.task {
            self.made.resize_with(candidate.task + 1, Vec::new);
        }
        self.made[candidate.task].push(candidate.next);
    }
}

impl Seen {
    fn add(&mut self, task: usize, step: usize, access: Access) {
        if self.steps.len() <= task {
            self.steps.resize(task + 1, 0);
        }
        if self.steps[task] == 0 {
            self.firsts.push((task, step));
        }
        self.steps[task] += 1;
        self.has_changed |= matches!(access.by, Use::Take | Use::Change);
    }
}

/// Whether it is known what the next step of the candidate begins with.
fn is_definite(candidate: &Candidate) -> bool {
    !candidate.by_timeout && !candidate.next.is_stable() && candidate.next.by != Use::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes the steps of a run, each by the number of its task and what it begins with.
    fn run(shared: &mut Shared, steps: &[(usize, Access)]) -> Vec<Option<usize>> {
        let mut objects = Vec::new();
        for (task, next) in steps {
            let candidate = Candidate {
                task: *task,
                by_timeout: false,
                current: false,
                next: *next,
            };
            objects.push(shared.object_of(&candidate));
            shared.runs(&candidate);
        }
        shared.next_run();
        objects
    }

    #[test]
    fn an_object_is_recognized_at_another_address_and_in_another_order() {
        let (look, change) = (Access::look_at, Access::change_at);
        let mut shared = Shared::default();
        // Each task has one object for itself, and they share another.
        let first = [
            (0, change(10)),
            (0, change(30)),
            (1, change(20)),
            (1, look(30)),
        ];
        assert_eq!(run(&mut shared, &first), [None; 4]);
        assert_eq!(shared.objects().len(), 1);
        assert_eq!(shared.objects()[0].steps, [1, 1]);
        let second = [
            (1, change(50)),
            (1, look(40)),
            (0, change(60)),
            (0, change(40)),
        ];
        let recognized = run(&mut shared, &second);
        assert_eq!(recognized, [None, Some(0), None, Some(0)]);
    }

    #[test]
    fn what_all_only_look_at_does_not_matter() {
        let mut shared = Shared::default();
        let steps = [(0, Access::look_at(10)), (1, Access::look_at(10))];
        run(&mut shared, &steps);
        assert!(shared.objects().is_empty());
    }
}
