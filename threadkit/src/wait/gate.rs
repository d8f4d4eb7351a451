//! A gate that opens once, and the threads that wait for it.

use core::sync::atomic::{AtomicU32, Ordering};

use std::sync::Arc;

use super::queue::{Ticket, WaitQueue};
use super::waiter::Waiter;
use crate::backend::{self, Access, Instant, Mutex};
use crate::inspect;

/// No thread has waited.
const CLOSED: u32 = 0;
/// Waits end at once.
const OPEN: u32 = 1;
/// A thread sleeps on the word, or is about to, or did.
const SLEEPERS: u32 = 2;
/// A waiter is in the queue, or was.
const QUEUED: u32 = 4;

/// Opens once and stays open; any number of threads wait for that.
///
/// A thread that waits for nothing else, without a limit or up to a deadline, sleeps on the word of the
/// gate itself, and leaves nothing behind that the opener would have to free. A thread whose wait has a stop
/// token must be found by the stop as well, so it has a waiter in the queue.
///
/// # Invariant
///
/// Bits of `state` are set, and cleared by nothing but the swap that opens. `QUEUED` is set under the lock of
/// the queue, before a waiter joins the queue. `SLEEPERS` is set before a thread sleeps, and it sleeps only
/// if the word has not changed since. `OPEN` is set by one swap, whose result says which of the others were
/// set. So a waiter finds the gate open, or the opener finds the waiter's bit, and wakes all sleepers or
/// empties the queue. A wait without a limit sets its bit once, because only the opening wakes it.
///
/// The opener borrows the gate until it has woken all waiters. So the word and the queue exist as long as the
/// opener uses them, even if the waiters drop their references earlier.
#[derive(Debug)]
pub(crate) struct Gate {
    state: AtomicU32,
    /// Made for the first waiter in it: most gates open with no waiter, and should be small.
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
        backend::yield_before(Access::look(&self.state));
        // Acquire: a thread that sees the gate open sees what was done before it was opened.
        self.state.load(Ordering::Acquire) & OPEN != 0
    }

    /// Whether it is open, for a caller that holds a lock or only shows the answer: the load orders nothing, and an
    /// exploration does not see it.
    pub(crate) fn has_opened(&self) -> bool {
        self.state.load(Ordering::Relaxed) & OPEN != 0
    }

    /// Opens the gate and wakes all waiters; returns whether it was closed.
    pub(crate) fn open(&self) -> bool {
        self.open_and_note(|| ())
    }

    /// The same. Calls `note` when the gate is open, before waiters are woken.
    pub(super) fn open_and_note(&self, note: impl FnOnce()) -> bool {
        backend::yield_before(Access::change(&self.state));
        // Release: see `is_open`. Acquire: a caller that finds it open goes on as a waiter does.
        let before = self.state.swap(OPEN, Ordering::AcqRel);
        note();
        if before & OPEN != 0 {
            return false;
        }
        inspect::wakes(&self.state);
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

    /// How many threads wait for it to open.
    pub(crate) fn n_waiting(&self) -> usize {
        backend::yield_point();
        let queued = self.queue.lock().as_ref().map_or(0, |queue| queue.len());
        queued + backend::parked(&self.state)
    }

    /// Runs `wait`, which returns when the gate is open, and is woken by something else than the gate.
    pub(crate) fn wait_elsewhere(&self, wait: impl FnOnce()) {
        let _asleep = match self.is_open() {
            true => None,
            false => Some(inspect::asleep(&self.state, OPEN, false, false)),
        };
        wait();
    }

    /// Notes what ends the wait of this thread.
    pub(super) fn note_word(&self) {
        inspect::awaits(&self.state);
    }

    /// Sleeps on the word until the gate is open, or the deadline passes; returns whether it is open.
    pub(super) fn sleep_by(&self, deadline: Option<Instant>) -> bool {
        let _asleep = inspect::asleep(&self.state, OPEN, deadline.is_some(), false);
        loop {
            // Acquire: see `is_open`.
            let before = self.state.fetch_or(SLEEPERS, Ordering::AcqRel);
            if before & OPEN != 0 {
                return true;
            }
            backend::yield_before(Access::look(&self.state));
            if !backend::park(&self.state, before | SLEEPERS, deadline) {
                // The gate may have opened after the deadline.
                return self.is_open();
            }
        }
    }

    /// Puts a waiter into the queue; `None` if the gate is open.
    pub(super) fn join(&self, waiter: &Arc<Waiter>) -> Option<Ticket> {
        let mut queue = self.queue.lock();
        if self.state.fetch_or(QUEUED, Ordering::AcqRel) & OPEN != 0 {
            return None;
        }
        let queue = queue.get_or_insert_with(|| Box::new(WaitQueue::new()));
        Some(queue.push(waiter))
    }

    /// Takes a waiter out of the queue that was not granted.
    pub(super) fn leave(&self, ticket: Ticket, waiter: &Arc<Waiter>) {
        if let Some(queue) = &mut *self.queue.lock() {
            queue.remove(ticket, waiter);
        }
    }
}
