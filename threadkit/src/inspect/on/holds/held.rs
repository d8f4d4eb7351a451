//! One acquisition of a lock.

use core::panic::Location;

use super::super::class::{Class, MIXED};
use crate::backend::Side;

/// How a thread came to hold a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// By a form that waits without a limit.
    Waits,
    /// By a form that does not wait, or not longer than its limit.
    Tries,
}

/// One acquisition of a lock, from then until its release.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// The address of its tag, which does not move while it is held.
    pub(crate) lock: usize,
    /// By [`new_number`](super::class::new_number).
    pub(crate) number: u64,
    pub(crate) class: &'static Class,
    /// `None` if the lock has no sides.
    pub(crate) side: Option<Side>,
    pub(crate) form: Form,
    pub(crate) place: &'static Location<'static>,
    /// When it was acquired, by [`clock::now`](super::clock::now); zero if nothing needed to know.
    pub(crate) since: u64,
}

impl Held {
    pub(crate) fn is_mixed(&self) -> bool {
        self.number & MIXED != 0
    }

    /// Where the lock was made, or this acquisition of a lock of another library.
    pub(crate) fn made(&self) -> &'static Location<'static> {
        match self.class.is_foreign() {
            true => self.place,
            false => self.class.created,
        }
    }
}
