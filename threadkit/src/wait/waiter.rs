//! One wait, decided once.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::Arc;

use super::error::WaitError;
use super::until::Until;
use crate::backend::{self, Backoff};

/// Nobody has decided yet.
const WAITING: u32 = 0;
/// What was waited for has come, and this waiter has it.
const GRANTED: u32 = 1;
/// The token of the wait was stopped first.
const STOPPED: u32 = 2;
/// The deadline passed first.
const EXPIRED: u32 = 3;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Granted,
    Stopped,
    Expired,
}

impl Outcome {
    fn word(self) -> u32 {
        match self {
            Self::Granted => GRANTED,
            Self::Stopped => STOPPED,
            Self::Expired => EXPIRED,
        }
    }

    /// The same, as most callers return it.
    pub(crate) fn result(self) -> Result<(), WaitError> {
        match self {
            Self::Granted => Ok(()),
            Self::Stopped => Err(WaitError::Stopped),
            Self::Expired => Err(WaitError::TimedOut),
        }
    }
}

/// One wait: a word that leaves [`WAITING`] exactly once, by whoever swaps first.
///
/// A fresh one is made for every wait, so a notifier that is late finds the wait decided, and never
/// meets the next one in its place.
///
/// `note` is a number that the primitive keeps with the waiter: what it asks for, or what became of
/// it. It belongs to the lock of that primitive: written under it, and read under it or by a waiter
/// that was granted, which sees what its granter wrote before.
#[derive(Debug)]
pub(crate) struct Waiter {
    word: AtomicU32,
    note: AtomicUsize,
}

impl Waiter {
    pub(crate) fn new() -> Arc<Self> {
        Self::with_note(0)
    }

    pub(crate) fn with_note(note: usize) -> Arc<Self> {
        Arc::new(Self {
            word: AtomicU32::new(WAITING),
            note: AtomicUsize::new(note),
        })
    }

    pub(crate) fn note(&self) -> usize {
        // Relaxed, here and below: the lock of the primitive or the grant orders the accesses.
        self.note.load(Ordering::Relaxed)
    }

    pub(crate) fn set_note(&self, note: usize) {
        self.note.store(note, Ordering::Relaxed);
    }

    /// Decides the wait, if nobody has; the winner then calls [`wake`](Self::wake).
    pub(crate) fn decide(&self, outcome: Outcome) -> bool {
        backend::yield_point();
        // Release: what the winner did before is seen by the waiter, which reads with acquire.
        self.word
            .compare_exchange(WAITING, outcome.word(), Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Wakes the sleeper of a wait that is decided.
    pub(crate) fn wake(&self) {
        backend::unpark(&self.word);
    }

    /// Waits until it is decided; by the deadline or the token of `until` if by nobody else.
    ///
    /// Call it holding no lock, after the waiter is where notifiers find it. If it returns anything
    /// but [`Outcome::Granted`], no grant was or will be spent on this waiter, and the caller takes
    /// it off its queue.
    pub(crate) fn wait(self: &Arc<Self>, until: &Until<'_>) -> Outcome {
        if !until.is_over() {
            let mut backoff = Backoff::new();
            while self.outcome().is_none() && backoff.snooze() {}
        }
        self.sleep(until)
    }

    /// As [`wait`](Self::wait), for one who has had patience before.
    pub(crate) fn sleep(self: &Arc<Self>, until: &Until<'_>) -> Outcome {
        if let Some(outcome) = self.outcome() {
            return outcome;
        }
        // Off the token's list again on every way out.
        let _enlisted = until.token().map(|token| token.enlist(self));
        loop {
            if let Some(outcome) = self.outcome() {
                return outcome;
            }
            if !backend::park(&self.word, WAITING, until.deadline()) {
                // Too late is not yet lost: a grant or a stop may have won just now.
                self.decide(Outcome::Expired);
            }
        }
    }

    fn outcome(&self) -> Option<Outcome> {
        // Acquire: see `decide`.
        match self.word.load(Ordering::Acquire) {
            GRANTED => Some(Outcome::Granted),
            STOPPED => Some(Outcome::Stopped),
            EXPIRED => Some(Outcome::Expired),
            _ => None,
        }
    }
}
