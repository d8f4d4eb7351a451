//! A gate that opens once, and the threads in front of it.

use core::sync::atomic::{AtomicU32, Ordering};

use super::error::WaitError;
use super::queue::WaitQueue;
use super::until::Until;
use super::waiter::{Outcome, Waiter};
use crate::backend::{self, Backoff, Mutex};

/// Nobody has waited.
const CLOSED: u32 = 0;
/// Whoever waits is let through.
const OPEN: u32 = 1;
/// Somebody sleeps on the word, or is about to, or did.
const SLEEPERS: u32 = 2;
/// Somebody is in the queue, or was.
const QUEUED: u32 = 4;

/// Opens once and stays open; any number of threads wait for that.
///
/// Who waits for nothing else, for ever or up to a deadline, sleeps on the word of the gate itself, and
/// leaves nothing behind that the opener would have to see off. Who can be stopped has to be found by the
/// stop as well, and stands in the queue.
///
/// # Invariant
///
/// Bits of `state` are set and, but for those that the opening swaps away, never cleared. `QUEUED` is set
/// under the queue's lock, before a waiter joins the queue; `SLEEPERS` before a waiter sleeps, which it does
/// only if the word is then still what it has made of it. `OPEN` is set in one swap that says which of the
/// others were there. So a waiter either finds the gate open, or whoever opens it finds its bit, and wakes
/// all sleepers or empties the queue. A wait without end needs its bit once: whoever wakes it has opened.
///
/// Whoever opens borrows the gate until it has woken everybody, so the word and the queue are there as long
/// as it looks at them, however soon those whom it lets through are done with theirs.
#[derive(Debug)]
pub(crate) struct Gate {
    state: AtomicU32,
    /// Made for the first who waits in it: most gates open with nobody there, and are to be small.
    queue: Mutex<Option<Box<WaitQueue>>>,
}

impl Gate {
    pub(crate) const fn new() -> Self {
        Self {
            state: AtomicU32::new(CLOSED),
            queue: Mutex::new(None),
        }
    }

    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        backend::yield_point();
        // Acquire: who sees the gate open sees what was done before it was opened.
        self.state.load(Ordering::Acquire) & OPEN != 0
    }

    /// Opens the gate and wakes everybody; says whether it was closed.
    pub(crate) fn open(&self) -> bool {
        backend::yield_point();
        // Release: see `is_open`. Acquire: who finds it open already goes on as one who was let through.
        let before = self.state.swap(OPEN, Ordering::AcqRel);
        if before & OPEN != 0 {
            return false;
        }
        if before & SLEEPERS != 0 {
            backend::unpark_all(&self.state);
        }
        if before & QUEUED != 0 {
            let waiters = self.queue.lock().take();
            if let Some(waiters) = waiters {
                waiters.grant_all();
            }
        }
        true
    }

    pub(crate) fn wait(&self, until: &Until<'_>) -> Result<(), WaitError> {
        if self.is_open() {
            return Ok(());
        }
        match until.token() {
            None => self.sleep(until),
            Some(_) => self.queue_up(until),
        }
    }

    /// Waits on the word, for one whom nobody but the gate and the clock can wake.
    fn sleep(&self, until: &Until<'_>) -> Result<(), WaitError> {
        if !until.is_over() {
            let mut backoff = Backoff::new();
            while backoff.snooze() {
                if self.is_open() {
                    return Ok(());
                }
            }
        }
        loop {
            // Acquire: see `is_open`.
            let before = self.state.fetch_or(SLEEPERS, Ordering::AcqRel);
            if before & OPEN != 0 {
                return Ok(());
            }
            backend::yield_point();
            if !backend::park(&self.state, before | SLEEPERS, until.deadline()) {
                // It may have opened after all, between the decision and here: then it happened.
                return match self.is_open() {
                    true => Ok(()),
                    false => Err(WaitError::TimedOut),
                };
            }
        }
    }

    /// Waits in the queue, for one whom a stop can wake.
    fn queue_up(&self, until: &Until<'_>) -> Result<(), WaitError> {
        let waiter = Waiter::new();
        let ticket = {
            let mut queue = self.queue.lock();
            if self.state.fetch_or(QUEUED, Ordering::AcqRel) & OPEN != 0 {
                return Ok(());
            }
            queue
                .get_or_insert_with(|| Box::new(WaitQueue::new()))
                .push(&waiter)
        };
        let outcome = waiter.wait(until);
        if outcome == Outcome::Granted {
            return Ok(());
        }
        if let Some(queue) = &mut *self.queue.lock() {
            queue.remove(ticket, &waiter);
        }
        // As for a sleeper: it may have opened after all.
        if self.is_open() {
            return Ok(());
        }
        outcome.result()
    }
}
