//! The parts of the handles of `#[monitor]`.

pub use crate::sync::{Entry, Monitor, OwnCondition, Peek, Visit, WaitAt};

use crate::wait::{TimedOut, WaitError};

/// How a waiting method reports that its limit came first.
pub trait Ended {
    /// The error of this form.
    fn ended(ended: WaitError) -> Self;
}

impl Ended for TimedOut {
    /// Without a token, only the time can end the wait.
    fn ended(_: WaitError) -> Self {
        Self
    }
}

impl Ended for WaitError {
    fn ended(ended: WaitError) -> Self {
        ended
    }
}
