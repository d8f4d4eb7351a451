//! What a thread has besides its identity: a way to be stopped, and an end.

use crate::wait::{Gate, StopSource};

/// The stop token of a thread and its end, as its identity carries them.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) stop: StopSource,
    /// Opens when the body has returned or panicked and its outcome can be had. For an adopted
    /// thread, whose end nobody sees, it stays closed.
    pub(super) ended: Gate,
}

impl Life {
    pub(super) fn new() -> Self {
        Self {
            stop: StopSource::new(),
            ended: Gate::new(),
        }
    }
}
