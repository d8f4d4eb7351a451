//! Threads that wait for a change of a queue.

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use crate::backend::{self, Access, Backoff, Mutex, also_uses, inside, yield_before};
use crate::wait::{Outcome, Ticket, Until, WaitError, WaitQueue, Waiter, WakeList};

/// Threads that wait for a change, first come, first served.
///
/// A grant means only "look again". No change is missed, because a thread joins and *then* looks, and a
/// thread that changes something does so and *then* calls [`notify_one`](Self::notify_one). Each writes and
/// then reads what the other writes, so at least one of them sees the other.
///
/// # Invariant
///
/// `awaited` says whether `waiters` is not empty, and is written under its lock only. All accesses to it
/// are sequentially consistent, and so are those to what the waiters look at (or both take one lock).
/// Otherwise both threads could miss each other.
#[derive(Debug)]
pub(super) struct Line {
    awaited: AtomicBool,
    waiters: Mutex<WaitQueue>,
}

/// A place in a line, left when this is dropped.
///
/// A look that was granted to the waiter goes to the next waiter then; also if the look ends in a panic, for instance
/// of a comparison of priorities. A thread that has looked calls [`used`](Self::used) instead.
#[derive(Debug)]
pub(super) struct PlaceInLine<'a> {
    line: &'a Line,
    waiter: Arc<Waiter>,
    /// `None` once it was left.
    ticket: Option<Ticket>,
}

impl PlaceInLine<'_> {
    /// Leaves the line; returns whether the waiter was still in it.
    fn leave(&mut self) -> bool {
        match self.ticket.take() {
            Some(ticket) => self.line.remove(ticket, &self.waiter),
            None => true,
        }
    }

    /// Leaves the line. A look that was granted is used up.
    pub(super) fn used(mut self) {
        self.leave();
    }
}

impl Drop for PlaceInLine<'_> {
    fn drop(&mut self) {
        if !self.leave() {
            self.line.notify_one();
        }
    }
}

impl Line {
    pub(super) const fn new() -> Self {
        Self {
            awaited: AtomicBool::new(false),
            waiters: Mutex::new(WaitQueue::new()),
        }
    }

    /// Joins the line at its end. The caller looks again before it sleeps.
    pub(super) fn join(&self, waiter: &Arc<Waiter>) -> PlaceInLine<'_> {
        let _inside = inside(self);
        let mut waiters = self.waiters.lock();
        self.awaited.store(true, Ordering::SeqCst);
        PlaceInLine {
            line: self,
            waiter: Arc::clone(waiter),
            ticket: Some(waiters.push(waiter)),
        }
    }

    /// Looks until there is something to see: at once, and then whenever a look is granted.
    ///
    /// `look` takes what it sees. A grant is not lost when a thread stops waiting: an unused grant is passed
    /// on, and one that races with a stop or a deadline is used.
    pub(super) fn wait_for<R>(
        &self,
        until: &Until<'_>,
        mut look: impl FnMut() -> Option<R>,
    ) -> Result<R, WaitError> {
        loop {
            let waiter = Waiter::new();
            let place = self.join(&waiter);
            waiter.note_word();
            if let Some(seen) = look() {
                return Ok(seen);
            }
            // It looks whether it was granted before its next step.
            also_uses(Access::take(self));
            let inside = inside(self);
            let before = backend::now();
            let outcome = waiter.sleep(until);
            drop(inside);
            if outcome == Outcome::Granted {
                Backoff::slept(backend::now().duration_since(before));
                let seen = look();
                place.used();
                match seen {
                    Some(seen) => return Ok(seen),
                    // Another thread was faster. The look is not passed on: there is nothing to see.
                    None => continue,
                }
            }
            drop(place);
            // The change may have come after the end of the wait was decided.
            return match (look(), outcome) {
                (Some(seen), _) => Ok(seen),
                (None, Outcome::Stopped) => Err(WaitError::Stopped),
                (None, _) => Err(WaitError::TimedOut),
            };
        }
    }

    fn remove(&self, ticket: Ticket, waiter: &Arc<Waiter>) -> bool {
        let _inside = inside(self);
        let mut waiters = self.waiters.lock();
        let was_there = waiters.remove(ticket, waiter);
        self.awaited.store(!waiters.is_empty(), Ordering::SeqCst);
        was_there
    }

    /// Whether a thread is in the line.
    #[inline]
    pub(super) fn is_awaited(&self) -> bool {
        yield_before(Access::look(self));
        self.awaited.load(Ordering::SeqCst)
    }

    /// Whether a thread is in the line, or was a moment ago. It is for a choice that is right either way.
    pub(super) fn seems_awaited(&self) -> bool {
        self.awaited.load(Ordering::Relaxed)
    }

    /// Grants a look to the first.
    #[inline]
    pub(super) fn notify_one(&self) {
        if self.is_awaited() {
            self.notify(1);
        }
    }

    /// Grants a look to the first `count`.
    #[cold]
    pub(super) fn notify(&self, count: usize) {
        let _inside = inside(self);
        // Wakes them when the lock is free.
        let mut granted = WakeList::new();
        let mut waiters = self.waiters.lock();
        while granted.len() < count {
            match waiters.grant_first() {
                Some(waiter) => granted.push(waiter),
                None => break,
            }
        }
        self.awaited.store(!waiters.is_empty(), Ordering::SeqCst);
    }

    /// Grants a look to all.
    pub(super) fn notify_all(&self) {
        if self.is_awaited() {
            self.notify(usize::MAX);
        }
    }

    /// How many threads are in the line.
    pub(super) fn n_waiting(&self) -> usize {
        let _inside = inside(self);
        self.waiters.lock().len()
    }

    /// How many threads are in the line; `None` if the lock is held, because this never waits.
    pub(super) fn len(&self) -> Option<usize> {
        self.waiters.try_lock().map(|waiters| waiters.len())
    }
}
