//! What the handles of `#[monitor]` are made of.

pub use crate::sync::{Entry, Monitor, OwnCondition, Peek, Visit, WaitAt};

use crate::wait::{TimedOut, WaitError};

/// How the forms of a waiting method report that their limit came first.
pub trait Ended {
    /// The error of this form.
    fn ended(ended: WaitError) -> Self;
}

impl Ended for TimedOut {
    /// Without a token there is no other end.
    fn ended(_: WaitError) -> Self {
        Self
    }
}

impl Ended for WaitError {
    fn ended(ended: WaitError) -> Self {
        ended
    }
}
