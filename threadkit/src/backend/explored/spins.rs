//! Tasks that spin: they repeat their steps while they change nothing.

use super::{Access, Use};

/// A task that has looked this often at an object, and has changed nothing in between, waits for another task.
const LOOKS: u32 = 8;

/// The same for acquisitions and releases, and for steps of which nothing is known. What they change cannot be seen
/// from here, so the task may well be at work.
const TAKES: u32 = 100;

/// How many objects are remembered. A task that goes through more of them in turn counts as one at work.
const OBJECTS: usize = 32;

/// What a task has used since its last change, and how often.
///
/// A task that spins yields from then on before every step that it repeats. So the tasks that it may wait for run.
#[derive(Default)]
pub(super) struct Spins {
    uses: Vec<(Access, u32)>,
    /// The change that its last step has made, unless it is withdrawn.
    change: Option<Access>,
}

/// What the next step of a task says about its steps so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Its last step has changed something.
    Changed,
    /// It is not known to spin.
    Works,
    /// It spins.
    Spins,
}

impl Spins {
    /// The task is about to make a step.
    pub(super) fn begins(&mut self, access: Access) -> Pace {
        let has_changed = self.change.take().is_some();
        if has_changed {
            self.uses.clear();
        }
        let is_over = match access.by {
            Use::Change => {
                self.change = Some(access);
                self.times(access) >= LOOKS
            }
            Use::Look | Use::Take => self.count(access),
            Use::Nothing => false,
        };
        match (has_changed, is_over) {
            (true, _) => Pace::Changed,
            (false, true) => Pace::Spins,
            (false, false) => Pace::Works,
        }
    }

    /// The step that began last could have changed something, but has not.
    pub(super) fn has_changed_nothing(&mut self) {
        if let Some(access) = self.change.take() {
            self.count(access);
        }
    }

    fn times(&self, access: Access) -> u32 {
        let used = self.uses.iter().find(|(used, _)| *used == access);
        used.map_or(0, |(_, times)| *times)
    }

    fn count(&mut self, access: Access) -> bool {
        let times = match self.uses.iter_mut().find(|(used, _)| *used == access) {
            Some((_, times)) => {
                *times += 1;
                *times
            }
            None => {
                if self.uses.len() == OBJECTS {
                    self.uses.clear();
                }
                self.uses.push((access, 1));
                1
            }
        };
        let allowed = match access.by {
            Use::Take => TAKES,
            Use::Look | Use::Change | Use::Nothing => LOOKS,
        };
        times > allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_spins_when_it_looks_again_and_again() {
        let (word, other) = (0_u32, 0_u32);
        let mut spins = Spins::default();
        for _ in 0..LOOKS {
            assert_eq!(spins.begins(Access::look(&word)), Pace::Works);
        }
        assert_eq!(spins.begins(Access::look(&word)), Pace::Spins);
        // A change begins anew.
        assert_eq!(spins.begins(Access::change(&other)), Pace::Works);
        assert_eq!(spins.begins(Access::look(&word)), Pace::Changed);
        assert_eq!(spins.begins(Access::look(&word)), Pace::Works);
    }

    #[test]
    fn an_exchange_that_fails_is_a_look() {
        let word = 0_u32;
        let mut spins = Spins::default();
        for _ in 0..LOOKS {
            assert_eq!(spins.begins(Access::change(&word)), Pace::Works);
            spins.has_changed_nothing();
        }
        // It may change something this time.
        assert_eq!(spins.begins(Access::change(&word)), Pace::Spins);
        assert_eq!(spins.begins(Access::change(&word)), Pace::Changed);
    }

    #[test]
    fn many_objects_are_no_spin() {
        let words = [0_u32; OBJECTS + 1];
        let mut spins = Spins::default();
        for _ in 0..3 * LOOKS {
            for word in &words {
                assert_eq!(spins.begins(Access::look(word)), Pace::Works);
            }
        }
    }
}
