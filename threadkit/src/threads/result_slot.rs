//! How a result gets from a thread to its handle.

use core::mem;

use super::excepthook;
use super::run::ErrorText;
use super::thread_ref::ThreadRef;
use crate::backend::LoneMutex;
use crate::panics::{self, Caught};

/// The value that a body has returned, or its panic, which is boxed to keep the result small.
pub(super) type BodyResult<T> = Result<T, Box<Caught>>;

/// The place that a thread and its handle share for the result.
///
/// # Invariant
///
/// Empty becomes filled by the thread or abandoned by the handle, whichever comes first; filled becomes
/// taken or abandoned by the handle. Every step is one swap under the lock. If one of the two finds
/// that the other is gone, it owns the result and disposes of it. Results are dropped without the lock.
pub(super) struct ResultSlot<T> {
    state: LoneMutex<SlotState<T>>,
    error_text: ErrorText<T>,
}

enum SlotState<T> {
    /// The thread has not ended, and the handle may still ask.
    Empty,
    Filled(BodyResult<T>),
    /// The handle is gone, or has taken the result.
    Closed,
}

impl<T> ResultSlot<T> {
    pub(super) fn new(error_text: ErrorText<T>) -> Self {
        Self {
            state: LoneMutex::new(SlotState::Empty),
            error_text,
        }
    }

    /// Called by the thread: stores the result, or returns it if the handle is gone.
    pub(super) fn fill(&self, result: BodyResult<T>) -> Option<BodyResult<T>> {
        let mut state = self.state.lock();
        match *state {
            SlotState::Empty => {
                *state = SlotState::Filled(result);
                None
            }
            _ => Some(result),
        }
    }

    /// Called by the handle: takes the result if it is there, and abandons it otherwise.
    pub(super) fn close(&self) -> Option<BodyResult<T>> {
        match mem::replace(&mut *self.state.lock(), SlotState::Closed) {
            SlotState::Filled(result) => Some(result),
            _ => None,
        }
    }

    /// Reports a result that no join will return, if it is a failure; returns a value.
    pub(super) fn report(&self, thread: &ThreadRef, result: BodyResult<T>) -> Option<T> {
        let report_panic = |caught: Box<_>| excepthook::report_end(thread, Err(*caught));
        let value = result.map_err(report_panic).ok()?;
        if let Some(error_text) = self.error_text {
            // Turning an error into text runs code of the program.
            excepthook::report_end(thread, panics::catch(|| error_text(&value)));
        }
        Some(value)
    }
}
