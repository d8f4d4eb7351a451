//! What is under the lock of a monitor: the value, and the queues of waiters.

use std::collections::VecDeque;
use std::panic::Location;
use std::sync::Arc;

use super::entry::{Entry, WaitAt};
use crate::unwind;
use crate::wait::{Outcome, Waiter};

/// Everything under the lock.
pub(super) struct Inside<T, const ENTRIES: usize> {
    pub(super) value: T,
    /// Incremented by every visit that may have changed the value. It begins at 1, so that 0 is before all
    /// changes.
    pub(super) version: u64,
    /// In the order of arrival. A called waiter stays until it has gone in.
    queues: [VecDeque<Queued<T>>; ENTRIES],
    /// The length of all queues together.
    pub(super) waiting: usize,
    /// The number of the next waiter.
    next: u64,
    /// A waiter whose wait was granted and that has not come yet.
    called: Option<Called>,
    /// The queue to look at first.
    turn: usize,
    /// The caller of a visit that may have left the value half changed.
    pub(super) poison: Option<Caller>,
}

/// Where the program called.
pub(super) type Caller = &'static Location<'static>;

/// A waiter in a queue.
struct Queued<T> {
    /// Identifies it; in the order of arrival.
    number: u64,
    /// Fresh for every wait, as a wait is decided once.
    waiter: Arc<Waiter>,
    /// The version at which its condition was last looked at, by itself or by others.
    seen: u64,
    /// Its own condition, if others can look at it.
    condition: Option<fn(&T) -> bool>,
    /// It was called, and another thread changed the value before it came.
    overtaken: bool,
}

#[derive(Clone, Copy)]
struct Called {
    number: u64,
    right_of_way: bool,
}

impl<T, const ENTRIES: usize> Inside<T, ENTRIES> {
    pub(super) fn new(value: T) -> Self {
        Self {
            value,
            version: 1,
            queues: [const { VecDeque::new() }; ENTRIES],
            waiting: 0,
            next: 0,
            called: None,
            turn: 0,
            poison: None,
        }
    }

    /// The called waiter has come. If it cannot continue, it calls another waiter.
    pub(super) fn called_has_come(&mut self) {
        self.called = None;
    }

    /// Whether a called waiter has the right of way.
    pub(super) fn is_reserved(&self) -> bool {
        self.called.is_some_and(|called| called.right_of_way)
    }

    pub(super) fn join(&mut self, at: &impl WaitAt<T>, waiter: &Arc<Waiter>, seen: u64) -> u64 {
        let number = self.next;
        self.next += 1;
        self.waiting += 1;
        let (entry, condition) = at.place();
        self.queues[entry].push_back(Queued {
            number,
            waiter: Arc::clone(waiter),
            seen,
            condition,
            overtaken: false,
        });
        number
    }

    fn find(&self, entry: usize, number: u64) -> Option<usize> {
        self.queues[entry]
            .binary_search_by_key(&number, |place| place.number)
            .ok()
    }

    pub(super) fn leave(&mut self, entry: usize, number: u64) {
        if let Some(index) = self.find(entry, number) {
            self.queues[entry].remove(index);
            self.waiting -= 1;
        }
        // Only after a panic in the wait itself: otherwise the called waiter has cleared it.
        if self.called.is_some_and(|called| called.number == number) {
            self.called = None;
        }
    }

    /// Replaces the wait of a waiter that was called, or that has not waited yet.
    pub(super) fn wait_again(&mut self, entry: usize, number: u64) -> Arc<Waiter> {
        let waiter = Waiter::new();
        if let Some(index) = self.find(entry, number) {
            let version = self.version;
            let place = &mut self.queues[entry][index];
            // Other threads have changed the value since its caller looked.
            place.overtaken = place.seen != version;
            place.seen = version;
            place.waiter = Arc::clone(&waiter);
        }
        waiter
    }

    /// Calls a waiter that may continue, unless one is called already. Wake it when the lock is free.
    pub(super) fn look(&mut self, entries: &[Entry<T>; ENTRIES]) -> Option<Arc<Waiter>> {
        if self.waiting == 0 || self.called.is_some() {
            return None;
        }
        for step in 0..ENTRIES {
            let entry = (self.turn + step) % ENTRIES;
            if self.queues[entry].is_empty() {
                continue;
            }
            let called = match entries[entry].condition {
                // All of them are to report the poison. Their conditions are not evaluated, because they might
                // panic on the value.
                _ if self.poison.is_some() => self.call_first(entry),
                Some(condition) if may_hold(condition, &self.value) => self.call_first(entry),
                Some(_) => None,
                None => self.call_stalest(entry),
            };
            if called.is_some() {
                self.turn = (entry + 1) % ENTRIES;
                return called;
            }
        }
        None
    }

    /// Skips waiters that have timed out; they leave the queue themselves.
    fn call_first(&mut self, entry: usize) -> Option<Arc<Waiter>> {
        (0..self.queues[entry].len()).find_map(|index| self.call(entry, index))
    }

    /// Calls the waiter whose condition was evaluated least recently, of those that may continue with the value as
    /// it is now.
    fn call_stalest(&mut self, entry: usize) -> Option<Arc<Waiter>> {
        let mut limit = None;
        loop {
            let stalest = self.queues[entry]
                .iter()
                .enumerate()
                .map(|(index, place)| ((place.seen, place.number), index))
                .filter(|(age, _)| age.0 < self.version && limit.is_none_or(|limit| *age > limit))
                .min()?;
            if self.look_for(entry, stalest.1)
                && let Some(called) = self.call(entry, stalest.1)
            {
                return Some(called);
            }
            limit = Some(stalest.0);
        }
    }

    /// Whether the condition of one waiter may hold, as far as other threads can know.
    fn look_for(&mut self, entry: usize, index: usize) -> bool {
        let place = &mut self.queues[entry][index];
        let may_go_on = place
            .condition
            .is_none_or(|condition| may_hold(condition, &self.value));
        if !may_go_on {
            place.seen = self.version;
        }
        may_go_on
    }

    fn call(&mut self, entry: usize, index: usize) -> Option<Arc<Waiter>> {
        let version = self.version;
        let place = &mut self.queues[entry][index];
        if !place.waiter.decide(Outcome::Granted) {
            return None;
        }
        place.seen = version;
        self.called = Some(Called {
            number: place.number,
            right_of_way: place.overtaken,
        });
        Some(Arc::clone(&place.waiter))
    }
}

/// Whether the condition holds. A condition that panics counts as one that holds, so that its owner gets the
/// panic, and not a thread that leaves.
fn may_hold<T>(condition: fn(&T) -> bool, value: &T) -> bool {
    match unwind::catch(|| condition(value)) {
        Ok(holds) => holds,
        Err(payload) => {
            unwind::drop_quietly(payload);
            true
        }
    }
}
