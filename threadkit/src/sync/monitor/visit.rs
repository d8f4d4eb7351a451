//! A visit, from the lock to the call of the next waiter.

use core::fmt;
use core::ops::{Deref, DerefMut};
use std::panic::Location;

use super::entry::{Entry, WaitAt};
use super::inside::{Caller, Inside};
use crate::backend;
use crate::inspect::{self, Operation};
use crate::sync::lock::{Lock, LockGuard};
use crate::wait::{Outcome, Until, WaitError, Waiter, WakeList};

/// The state that all clones of a monitor share.
pub(super) struct Shared<T, const ENTRIES: usize> {
    pub(super) name: &'static str,
    pub(super) poisonable: bool,
    pub(super) entries: [Entry<T>; ENTRIES],
    pub(super) inside: Lock<Inside<T, ENTRIES>>,
}

/// A visit. When it is dropped, by a return or by a panic, a waiter that may continue is called.
#[must_use = "the monitor is left at once"]
pub struct Visit<'a, T, const ENTRIES: usize> {
    monitor: &'a Shared<T, ENTRIES>,
    pub(super) guard: LockGuard<'a, Inside<T, ENTRIES>>,
    /// Behind the guard, so that they are woken when the lock is free.
    wakes: WakeList,
    /// While the thread is in a queue: which queue, and its number there.
    place: Option<(usize, u64)>,
    pub(super) purpose: Purpose,
    /// Whether it was in a queue: then it may have been called, and has to call the next one.
    queued: bool,
    caller: Caller,
    /// Whether the thread was unwinding when it came: then it may unwind on leaving without a panic of its own.
    unwinding: bool,
}

/// What a visit does to the value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Look,
    Change,
    /// Change, and remove the poison if that succeeds.
    Repair,
}

impl<'a, T, const ENTRIES: usize> Visit<'a, T, ENTRIES> {
    #[track_caller]
    pub(super) fn new(
        monitor: &'a Shared<T, ENTRIES>,
        guard: LockGuard<'a, Inside<T, ENTRIES>>,
    ) -> Self {
        Self {
            monitor,
            guard,
            wakes: WakeList::new(),
            place: None,
            purpose: Purpose::Look,
            queued: false,
            caller: Location::caller(),
            unwinding: backend::is_unwinding(),
        }
    }

    pub(super) fn to(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    #[track_caller]
    pub(super) fn unless_poisoned(self) -> Self {
        if let Some(culprit) = self.guard.poison {
            let name = self.monitor.name;
            drop(self);
            refuse(name, culprit);
        }
        self
    }

    /// Queues up, and returns when `condition` holds or the limit is reached.
    #[track_caller]
    pub(super) fn queue(
        mut self,
        at: impl WaitAt<T>,
        mut condition: impl FnMut(&T) -> bool,
        until: &Until<'_>,
    ) -> Result<Self, (Self, WaitError)> {
        let (entry, _) = at.place();
        let _waiting = inspect::waiting(Operation::named(self.monitor.entries[entry].name));
        // A thread that had to give way has not evaluated its condition at all.
        let seen = match self.guard.is_reserved() {
            true => 0,
            false => self.guard.version,
        };
        let mut waiter = Waiter::new();
        let number = self.guard.join(&at, &waiter, seen);
        self.place = Some((entry, number));
        self.queued = true;
        loop {
            let wakes = core::mem::take(&mut self.wakes);
            let outcome = self.guard.held.unlocked(|| {
                wakes.wake();
                waiter.wait(until)
            });
            if outcome == Outcome::Granted {
                self.guard.called_has_come();
            }
            self = self.unless_poisoned();
            // The condition is evaluated once more at the limit.
            if !self.guard.is_reserved() && condition(&self.guard.value) {
                self.unqueue();
                return Ok(self);
            }
            if let Err(ended) = outcome.result() {
                self.unqueue();
                return Err((self, ended));
            }
            waiter = self.guard.wait_again(entry, number);
            self.look();
        }
    }

    fn unqueue(&mut self) {
        if let Some((entry, number)) = self.place.take() {
            self.guard.leave(entry, number);
        }
    }

    fn look(&mut self) {
        if let Some(called) = self.guard.look(&self.monitor.entries) {
            self.wakes.push(called);
        }
    }
}

impl<T, const ENTRIES: usize> Drop for Visit<'_, T, ENTRIES> {
    fn drop(&mut self) {
        // It is still queued only after a panic in its condition.
        self.unqueue();
        if self.purpose != Purpose::Look {
            self.guard.version += 1;
            if backend::is_unwinding() && !self.unwinding {
                if self.monitor.poisonable {
                    self.guard.poison.get_or_insert(self.caller);
                }
            } else if self.purpose == Purpose::Repair {
                self.guard.poison = None;
            }
        }
        if self.queued || self.purpose != Purpose::Look {
            self.look();
        }
    }
}

impl<T, const ENTRIES: usize> Deref for Visit<'_, T, ENTRIES> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard.value
    }
}

impl<T, const ENTRIES: usize> DerefMut for Visit<'_, T, ENTRIES> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard.value
    }
}

impl<T, const ENTRIES: usize> fmt::Debug for Visit<'_, T, ENTRIES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit").finish_non_exhaustive()
    }
}

/// A visit whose condition holds, or one that has waited in vain.
pub(super) type Admission<'a, T, const ENTRIES: usize> =
    Result<Visit<'a, T, ENTRIES>, (Visit<'a, T, ENTRIES>, WaitError)>;

/// Refuses a visit after the `culprit`.
///
/// Call it without holding the lock, because a panic hook may use the monitor.
#[track_caller]
pub(super) fn refuse(name: &str, culprit: Caller) -> ! {
    panic!(
        "`{name}` is poisoned: the call at {culprit} panicked and may have left its value half changed; only `repair` can still access it"
    )
}
