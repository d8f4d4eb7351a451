//! A gate that opens once, and the threads in front of it.

use core::sync::atomic::{AtomicU8, Ordering};

use super::error::WaitError;
use super::queue::WaitQueue;
use super::until::Until;
use super::waiter::{Outcome, Waiter};
use crate::backend::{self, Mutex};

/// Nobody has waited.
const CLOSED: u8 = 0;
/// Somebody is in the queue, or was.
const AWAITED: u8 = 1;
/// Whoever waits is let through.
const OPEN: u8 = 2;

/// Opens once and stays open; any number of threads wait for that.
///
/// # Invariant
///
/// `state` only ascends. It becomes `AWAITED` under the queue's lock, before a waiter joins the queue,
/// and `OPEN` before the queue is emptied. So a waiter either finds it open, or whoever opens it finds
/// it awaited, and empties the queue after the waiter has joined it.
#[derive(Debug)]
pub(crate) struct Gate {
    state: AtomicU8,
    /// Made for the first who waits: most gates open with nobody in front of them, and are to be small.
    queue: Mutex<Option<Box<WaitQueue>>>,
}

impl Gate {
    pub(crate) const fn new() -> Self {
        Self {
            state: AtomicU8::new(CLOSED),
            queue: Mutex::new(None),
        }
    }

    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        backend::yield_point();
        // Acquire: who sees the gate open sees what was done before it was opened.
        self.state.load(Ordering::Acquire) == OPEN
    }

    /// Opens the gate and wakes everybody; says whether it was closed.
    pub(crate) fn open(&self) -> bool {
        backend::yield_point();
        match self.state.swap(OPEN, Ordering::AcqRel) {
            OPEN => return false,
            CLOSED => {}
            _ => {
                let waiters = self.queue.lock().take();
                if let Some(waiters) = waiters {
                    waiters.grant_all();
                }
            }
        }
        true
    }

    pub(crate) fn wait(&self, until: &Until<'_>) -> Result<(), WaitError> {
        if self.is_open() {
            return Ok(());
        }
        let waiter = Waiter::new();
        let ticket = {
            let mut queue = self.queue.lock();
            if self.state.fetch_max(AWAITED, Ordering::AcqRel) == OPEN {
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
        // It may have opened after all, between the decision and here: then it happened.
        if self.is_open() {
            return Ok(());
        }
        outcome.result()
    }
}
