//! A gate that opens once, and the threads in front of it.

use core::sync::atomic::{AtomicBool, Ordering};

use super::error::WaitError;
use super::queue::WaitQueue;
use super::until::Until;
use super::waiter::{Outcome, Waiter};
use crate::backend::{self, Mutex};

/// Opens once and stays open; any number of threads wait for that.
///
/// # Invariant
///
/// `open` goes from `false` to `true` once. It is set before the queue is emptied and read under the
/// queue's lock before a waiter joins it, so a waiter either sees it set or is in the queue when it
/// is emptied.
#[derive(Debug)]
pub(crate) struct Gate {
    open: AtomicBool,
    queue: Mutex<WaitQueue>,
}

impl Gate {
    pub(crate) const fn new() -> Self {
        Self {
            open: AtomicBool::new(false),
            queue: Mutex::new(WaitQueue::new()),
        }
    }

    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        backend::yield_point();
        // Acquire: who sees the gate open sees what was done before it was opened.
        self.open.load(Ordering::Acquire)
    }

    /// Opens the gate and wakes everybody; says whether it was closed.
    pub(crate) fn open(&self) -> bool {
        backend::yield_point();
        if self.open.swap(true, Ordering::AcqRel) {
            return false;
        }
        let waiters = self.queue.lock().take();
        waiters.grant_all();
        true
    }

    pub(crate) fn wait(&self, until: &Until<'_>) -> Result<(), WaitError> {
        if self.is_open() {
            return Ok(());
        }
        let waiter = Waiter::new();
        let ticket = {
            let mut queue = self.queue.lock();
            if self.open.load(Ordering::Acquire) {
                return Ok(());
            }
            queue.push(&waiter)
        };
        let outcome = waiter.wait(until);
        if outcome == Outcome::Granted {
            return Ok(());
        }
        self.queue.lock().remove(ticket, &waiter);
        // It may have opened after all, between the decision and here: then it happened.
        if self.is_open() {
            return Ok(());
        }
        outcome.result()
    }
}
