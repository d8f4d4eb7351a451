//! One wait, decided once.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::Arc;

use super::error::WaitError;
use crate::backend::{self, Access, Instant};
use crate::inspect;

/// Not decided yet.
const WAITING: u32 = 0;
/// The waiter was granted what it waits for.
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

/// One wait: a word that leaves [`WAITING`] exactly once, by the first swap.
///
/// Each wait has its own, so a notifier that is late finds this wait decided, and never the next one in
/// its place.
///
/// `note` is a number that the primitive keeps with the waiter: what the waiter asks for, or what became
/// of it. The lock of that primitive protects it. It is written under that lock, and read under it or by
/// a waiter that was granted, which sees what was written before the grant.
///
/// `is_shared` says that several primitives may decide it, which an exploration must know.
#[derive(Debug)]
pub(crate) struct Waiter {
    word: AtomicU32,
    note: AtomicUsize,
    is_shared: bool,
}

impl Waiter {
    pub(crate) fn new() -> Arc<Self> {
        Self::with_note(0)
    }

    pub(crate) fn with_note(note: usize) -> Arc<Self> {
        Self::made(note, false)
    }

    /// A waiter in the queues of several primitives.
    pub(crate) fn shared() -> Arc<Self> {
        Self::made(0, true)
    }

    fn made(note: usize, is_shared: bool) -> Arc<Self> {
        Arc::new(Self {
            word: AtomicU32::new(WAITING),
            note: AtomicUsize::new(note),
            is_shared,
        })
    }

    pub(crate) fn note(&self) -> usize {
        // Relaxed, here and below: the lock of the primitive or the grant orders the accesses.
        self.note.load(Ordering::Relaxed)
    }

    pub(crate) fn set_note(&self, note: usize) {
        self.note.store(note, Ordering::Relaxed);
    }

    /// Decides the wait, if it is not decided. The winner then calls [`wake`](Self::wake).
    pub(crate) fn decide(&self, outcome: Outcome) -> bool {
        backend::yield_point();
        if self.is_shared {
            // Another primitive may decide it, too.
            backend::also_uses(Access::ANY);
        }
        // Release: what the winner did before is seen by the waiter, which reads with acquire.
        self.word
            .compare_exchange(WAITING, outcome.word(), Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Wakes the thread that sleeps in this wait, which is decided.
    pub(crate) fn wake(&self) {
        inspect::wakes(&self.word);
        backend::unpark(&self.word);
    }

    /// Notes what decides the wait of this thread.
    pub(crate) fn note_word(&self) {
        inspect::awaits(&self.word);
    }

    /// Sleeps until the wait is decided, at the latest by the deadline.
    ///
    /// Call it with no lock held, when notifiers can find the waiter. `has_token` says whether a stop
    /// can.
    pub(super) fn sleep_by(&self, deadline: Option<Instant>, has_token: bool) -> Outcome {
        // Every word but `WAITING` decides it.
        let _asleep = inspect::asleep(&self.word, !WAITING, deadline.is_some(), has_token);
        loop {
            if let Some(outcome) = self.outcome() {
                return outcome;
            }
            if !backend::park(&self.word, WAITING, deadline) {
                // A grant or a stop may have won just now: the loop looks again.
                self.decide(Outcome::Expired);
            }
        }
    }

    /// How the wait was decided, if it was.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        // Acquire: see `decide`.
        match self.word.load(Ordering::Acquire) {
            GRANTED => Some(Outcome::Granted),
            STOPPED => Some(Outcome::Stopped),
            EXPIRED => Some(Outcome::Expired),
            _ => None,
        }
    }
}
