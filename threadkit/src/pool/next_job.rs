//! How a worker gets its next task, or leaves.

use core::hint;
use core::mem;
use core::time::Duration;
use std::sync::Arc;

use super::job::Job;
use super::shared::Shared;
use super::spent::SpentTasks;
use super::state_lock::StateGuard;
use crate::backend::{self, Backoff};
use crate::inspect::Operation;
use crate::wait::{Outcome, Until, Waiter, WakeList};

/// How long a surplus worker stays after another worker has ended its wait. The other may wait again soon, and
/// starting a thread takes much longer than waking one.
pub(super) const SPARE_TIME: Duration = Duration::from_millis(50);

/// How long a worker that has run a task, and finds the backlog empty, leaves the inbox alone. If tasks keep coming, some
/// of them gather there. Otherwise it would take each by itself, and compete for the inbox with the threads that submit.
const GATHERING: Duration = Duration::from_nanos(500);

impl Shared {
    /// Waits for the next task of the worker that calls this. `None` says that the worker is to leave and does not
    /// count any more.
    ///
    /// `seeking` says whether the worker counts as seeking. It frees what is `spent` before it sleeps.
    pub(super) fn next_job(
        &self,
        seeking: &mut bool,
        spent: &mut SpentTasks,
    ) -> Option<Arc<dyn Job>> {
        let mut backoff = Some(Backoff::new());
        let mut may_gather = !*seeking;
        let last = loop {
            let mut wakes = WakeList::new();
            let mut state = self.state.lock_to_pop();
            if mem::take(seeking) {
                state.seeking -= 1;
            }
            // Threads that wait until the pool is idle must be woken before another task comes.
            if mem::take(&mut may_gather) && state.backlog.len() == 0 && state.idlers.is_empty() {
                // As below, it counts as seeking.
                state.seeking += 1;
                *seeking = true;
                drop(state);
                drop(wakes);
                let_tasks_gather();
                continue;
            }
            if !state.is_crowded(&self.settings) {
                if let Some(job) = self.pop(&mut state, &mut wakes) {
                    return Some(job);
                }
                if backoff.is_some() && state.is_open() && !state.dismissed {
                    // It counts as seeking while it looks, so that no other worker is woken for a new task.
                    state.seeking += 1;
                    *seeking = true;
                    state.call_idlers(&mut wakes);
                    drop(state);
                    drop(wakes);
                    self.linger(backoff.take());
                    continue;
                }
            }
            state.close();
            let mut is_crowded = state.is_crowded(&self.settings);
            if is_crowded && state.lend_blocked(&self.settings, 1) {
                is_crowded = state.is_crowded(&self.settings);
            }
            if !is_crowded && let Some(job) = self.pop(&mut state, &mut wakes) {
                return Some(job);
            }
            if !state.is_open() || state.dismissed {
                let last = state.leave();
                state.call_idlers(&mut wakes);
                break last;
            }
            let is_spare = state.has_spare(&self.settings);
            let waiter = Waiter::with_note(usize::from(is_spare));
            state.push_idle(&waiter);
            state.call_idlers(&mut wakes);
            drop(state);
            drop(wakes);
            spent.clear();
            let times = [self.settings.keep_alive, is_spare.then_some(SPARE_TIME)];
            let time = times.into_iter().flatten().min();
            let until = time.map_or(Until::FOREVER, Until::after);
            let outcome = {
                let _waiting = self.settings.built.of(Operation::NEXT_TASK).waiting();
                match is_crowded {
                    // The worker that has ended its wait often waits again at once.
                    true => waiter.wait(&until),
                    // It has looked for long enough.
                    false => waiter.sleep(&until),
                }
            };
            if outcome == Outcome::Granted {
                *seeking = true;
                continue;
            }
            let mut state = self.state.lock();
            if !state.remove_idle(&waiter) {
                // It was called just as its time was up: it counts as seeking, and looks for a task.
                *seeking = true;
            } else if !is_spare || state.has_spare(&self.settings) {
                break state.leave();
            }
        };
        if last {
            self.gone.open();
        }
        None
    }

    /// Takes the next task out of the backlog, and before that the new ones from the inbox if there are none other.
    fn pop(&self, state: &mut StateGuard<'_>, wakes: &mut WakeList) -> Option<Arc<dyn Job>> {
        if state.backlog.len() == 0 {
            state.take_new();
        }
        let job = state.backlog.pop()?;
        // Often this worker claims that one too, and then need not wait for its line of the cache.
        if let Some(next) = state.backlog.first() {
            backend::prefetch_ends_for_write(&**next);
        }
        self.note_pending(state);
        if !state.submitters.is_empty() {
            state.close();
            state.call_submitter(self.bound(), wakes);
        }
        Some(job)
    }

    /// Looks for a task until the backoff is used up.
    fn linger(&self, backoff: Option<Backoff>) {
        let Some(mut backoff) = backoff else {
            return;
        };
        while !self.state.seems_to_have_any() && backoff.snooze() {}
    }
}

/// Spins, because a yield may take much longer. In an exploration, other threads come in between anyway.
fn let_tasks_gather() {
    if backend::is_explored() {
        return;
    }
    let begun = backend::now();
    while backend::now().saturating_duration_since(begun) < GATHERING {
        hint::spin_loop();
    }
}
