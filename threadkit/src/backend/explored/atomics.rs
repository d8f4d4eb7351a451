//! Steps with atomics and fences.

use core::panic::Location;
use core::sync::atomic::Ordering;

use super::Access;
use super::form::{ExploredTask, here};
use super::run_state::RunState;
use super::site::Site;
use super::step::{Act, ShownValue, Step, StepValue, Word};
use crate::backend::jitter;

/// The current task, if loads may return older values in its run.
#[inline]
fn here_with_weak_memory() -> Option<ExploredTask> {
    here().filter(|task| task.execution.has_weak_memory())
}

/// A point at which another thread may run, before a fence, and what the fence does to what the thread may load.
#[inline]
#[track_caller]
pub(crate) fn before_fence(order: Ordering) {
    match here() {
        Some(task) if task.execution.has_weak_memory() => fence(task, order),
        Some(task) => task.yield_before(Access::ANY),
        None => jitter::yield_point(),
    }
}

#[track_caller]
fn fence(ExploredTask { execution, task }: ExploredTask, order: Ordering) {
    let (verb, access) = match order {
        Ordering::Acquire => ("fence(Acquire)", Access::NOTHING),
        Ordering::Release => ("fence(Release)", Access::NOTHING),
        Ordering::AcqRel => ("fence(AcqRel)", Access::NOTHING),
        _ => ("fence(SeqCst)", Access::change_at(Access::ORDER)),
    };
    execution.yield_before_atomic(task, access);
    let step = Step {
        place: Some(Location::caller()),
        ..Step::new(Act::Does(verb))
    };
    ExploredTask { execution, task }.note(step);
    execution.with_weak_memory(|state| state.fence(task, order));
    // A loop with a fence in it may still only wait.
    execution.state().has_changed_nothing(task);
}

/// Both values; `None` if they are addresses.
fn both_shown<V: Word>([first, second]: [V; 2]) -> Option<[ShownValue; 2]> {
    Some([first.shown()?, second.shown()?])
}

/// The atomic that has this site. The steps are those that were noted last.
impl Site {
    /// As [`step`](Self::step), for an operation that uses the value of an atomic alone, in this way.
    #[inline]
    #[track_caller]
    pub(crate) fn step_on(&self, verb: &'static str, access: Access) {
        self.step_by(verb, |ExploredTask { execution, task }| {
            execution.yield_before_atomic(task, access);
        });
    }

    /// What the load returns that the step makes: the newest value, or an older one.
    #[inline]
    pub(crate) fn loads<V: Word>(&self, newest: V, order: Ordering) -> V {
        let Some(task) = here() else { return newest };
        if let Some(older) = self.older(newest, order, None) {
            return older;
        }
        if let Some(value) = newest.shown() {
            task.leaves(value);
        }
        newest
    }

    /// The older value with which the step fails, if it does, that stores something instead of `current`.
    #[inline]
    pub(crate) fn fails_with<V: Word>(&self, newest: V, current: V, order: Ordering) -> Option<V> {
        self.older(newest, order, Some(current))
    }

    fn older<V: Word>(&self, newest: V, order: Ordering, unless: Option<V>) -> Option<V> {
        let task = here_with_weak_memory()?;
        let older = self.with_weak_memory(task, order, |state, known| {
            let unless = unless.map(V::to_word);
            state.load(task.task, known, newest.to_word(), order, unless)
        })?;
        let older = V::from_word(older);
        let shown = both_shown([older, newest]);
        task.state().leaves(
            task.task,
            match unless {
                Some(_) => StepValue::FailedByOlder(shown),
                None => StepValue::Older(shown),
            },
        );
        Some(older)
    }

    /// The step has failed with the newest value, instead of storing something.
    #[inline]
    pub(crate) fn fails<V: Word>(&self, newest: V, order: Ordering) {
        if let Some(task) = here() {
            let value = StepValue::Failed(newest.shown());
            task.state().leaves(task.task, value);
        }
        if let Some(task) = here_with_weak_memory() {
            self.with_weak_memory(task, order, |state, known| {
                (
                    state.load_newest(task.task, known, newest.to_word(), order),
                    (),
                )
            });
        }
    }

    /// The step has stored the second value instead of the first.
    #[inline]
    pub(crate) fn stores<V: Word>(&self, values: [V; 2], order: Ordering) {
        self.changes(values, order, false);
    }

    /// The step has read the first value and written the second, as one operation.
    #[inline]
    pub(crate) fn updates<V: Word>(&self, [before, after]: [V; 2], order: Ordering) {
        if let Some(task) = here()
            && let Some(shown) = both_shown([after, before])
        {
            let value = StepValue::Exchanged(Some(shown));
            task.state().leaves(task.task, value);
        }
        self.changes([before, after], order, true);
    }

    /// The same, of a step that might have failed.
    #[inline]
    pub(crate) fn exchanges<V: Word>(&self, [before, after]: [V; 2], order: Ordering) {
        if let Some(task) = here() {
            task.state().leaves(task.task, StepValue::Exchanged(None));
        }
        self.updates([before, after], order);
    }

    #[inline]
    fn changes<V: Word>(&self, values: [V; 2], order: Ordering, is_update: bool) {
        if let Some(task) = here_with_weak_memory() {
            self.with_weak_memory(task, order, |state, known| {
                let values = values.map(V::to_word);
                (state.change(task.task, known, values, order, is_update), ())
            });
        }
    }

    /// No other thread uses the atomic, which may get another value without a step.
    #[inline]
    pub(crate) fn owned(&mut self) {
        *self.atomic.get_mut() = 0;
    }

    /// Calls `f` with the number of the atomic, if it has one; `f` returns its number from now on. The step of the task
    /// orders this.
    fn with_weak_memory<T>(
        &self,
        task: ExploredTask,
        order: Ordering,
        f: impl FnOnce(&mut RunState, Option<usize>) -> (usize, T),
    ) -> T {
        // Relaxed: the threads of a run take turns.
        let known = (self.atomic.load(Ordering::Relaxed) as usize).checked_sub(1);
        let (number, result) = task.execution.with_weak_memory(|state| {
            state.orders(task.task, order);
            f(state, known)
        });
        self.atomic.store(number as u32 + 1, Ordering::Relaxed);
        result
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::atomic::AtomicU32;
    use crate::backend::explored::chooser::{Candidate, Chooser, Load};
    use crate::backend::explored::{Execution, Kind};

    /// How often the two tasks take turns before the first one is chosen as long as it can go on.
    const ROUNDS: usize = 12;

    /// Lets the tasks take turns for a while, and every load return the oldest value.
    #[derive(Default)]
    struct TakesTurns {
        has_run: bool,
        choices: usize,
    }

    impl Chooser for TakesTurns {
        fn next_run(&mut self) -> bool {
            !core::mem::replace(&mut self.has_run, true)
        }

        fn choose(&mut self, candidates: &[Candidate]) -> usize {
            self.choices += 1;
            let is_there = |at: usize| candidates[at].current;
            usize::from(self.choices <= 2 * ROUNDS && is_there(0))
        }

        fn pick(&mut self, _bound: usize) -> usize {
            0
        }

        fn older(&mut self, _load: Load, bound: usize) -> usize {
            bound - 1
        }
    }

    /// An update that reads an older value first, and changes the newest one, has changed something. So its task does
    /// not spin, and need not let others run.
    #[test]
    fn a_loop_of_updates_that_succeed_is_no_spin() {
        let execution = Execution::new(Box::<TakesTurns>::default(), 10_000, true, Kind::Threads);
        let execution: &'static Execution = Box::leak(Box::new(execution));
        let order = Arc::new(Mutex::new(String::new()));
        let noted = Arc::clone(&order);
        let run = execution.run(Arc::new(move || {
            let number = Arc::new(AtomicU32::new(0));
            let (other, others) = (Arc::clone(&number), Arc::clone(&noted));
            let me = here().expect("it is a task of the run");
            let task = me.spawn("other", None, move || {
                for _ in 0..2 * ROUNDS {
                    other.store(1, Ordering::Relaxed);
                    others.lock().unwrap().push('o');
                }
            });
            for _ in 0..2 * ROUNDS {
                let updated =
                    number.try_update(Ordering::Relaxed, Ordering::Relaxed, |n| Some(n + 2));
                assert!(updated.is_ok());
                noted.lock().unwrap().push('m');
            }
            me.join(task.unwrap());
            true
        }));
        assert_eq!(run.map(|run| run.result), Some(Ok(())));
        let order = order.lock().unwrap();
        let rest = order.trim_start_matches("om");
        let others = rest.trim_start_matches('m').trim_start_matches('o');
        assert!(others.is_empty() && rest.starts_with('m'), "{order}");
    }
}
