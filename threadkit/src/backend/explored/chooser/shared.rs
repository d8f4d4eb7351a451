//! What the run before says of the steps to come.

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
    /// The object that a task uses for the first time with a step, by the task and the number of the step, in order.
    firsts: Vec<((usize, usize), usize)>,
    /// The objects that were recognized in this run, by their addresses, in order.
    known: Vec<(usize, usize)>,
    /// What the steps of each task of this run have begun with, as far as that is known.
    made: Vec<Vec<Access>>,
    /// For the memory, while it learns: what is known of each object, and the numbers of the objects by their addresses,
    /// in order.
    seen: Vec<Seen>,
    numbers: Vec<(usize, usize)>,
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
        self.known.clear();
        if self.made.iter().all(Vec::is_empty) {
            return;
        }
        self.firsts.clear();
        self.numbers.clear();
        // In the order in which they are met here, which is the same in each process, unlike that of the addresses.
        let mut count = 0;
        for (task, steps) in self.made.iter_mut().enumerate() {
            for (step, access) in steps.drain(..).enumerate() {
                let number = number_of(&mut self.numbers, access.object, count);
                if number == count {
                    count += 1;
                    if count > self.seen.len() {
                        self.seen.push(Seen::default());
                    }
                }
                self.seen[number].add(task, step, access);
            }
        }
        let mut shared = 0;
        for object in &mut self.seen[..count] {
            if object.has_changed && object.firsts.len() > 1 {
                let firsts = object.firsts.iter();
                self.firsts.extend(firsts.map(|first| (*first, shared)));
                if shared == self.objects.len() {
                    self.objects.push(Object { steps: Vec::new() });
                }
                core::mem::swap(&mut self.objects[shared].steps, &mut object.steps);
                shared += 1;
            }
            object.clear();
        }
        self.objects.truncate(shared);
        self.firsts.sort_unstable();
    }

    /// The objects, of which there are none before the second run.
    pub(super) fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The number of steps that use one of them.
    pub(super) fn steps(&self) -> usize {
        self.objects.iter().flat_map(|object| &object.steps).sum()
    }

    /// The object that the next step of a candidate begins with, if it is one of them.
    pub(super) fn object_of(&mut self, candidate: &Candidate) -> Option<usize> {
        if self.objects.is_empty() || !is_definite(candidate) {
            return None;
        }
        let address = candidate.next.object;
        let at = match self.known.binary_search_by_key(&address, |(of, _)| *of) {
            Ok(at) => return Some(self.known[at].1),
            Err(at) => at,
        };
        let step = self.made.get(candidate.task).map_or(0, Vec::len);
        let first = (self.firsts).binary_search_by_key(&(candidate.task, step), |(of, _)| *of);
        let number = self.firsts[first.ok()?].1;
        self.known.insert(at, (address, number));
        Some(number)
    }

    /// Notes that this candidate runs.
    pub(super) fn runs(&mut self, candidate: &Candidate) {
        if !is_definite(candidate) {
            return;
        }
        if self.made.len() <= candidate.task {
            // With room for the steps of a small body.
            (self.made).resize_with(candidate.task + 1, || Vec::with_capacity(16));
        }
        self.made[candidate.task].push(candidate.next);
    }
}

/// The number that this object has, or gets, which is the next one then.
fn number_of(numbers: &mut Vec<(usize, usize)>, object: usize, next: usize) -> usize {
    match numbers.binary_search_by_key(&object, |(of, _)| *of) {
        Ok(at) => numbers[at].1,
        Err(at) => {
            numbers.insert(at, (object, next));
            next
        }
    }
}

impl Seen {
    fn clear(&mut self) {
        self.steps.clear();
        self.firsts.clear();
        self.has_changed = false;
    }

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
