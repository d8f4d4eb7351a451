//! The parts of the handles of `#[monitor]`.

pub use crate::sync::{Entry, Monitor, OwnCondition, Peek, Visit, WaitAt};

use crate::wait::{TimedOut, WaitError};

/// No handle implements it. A handle without a constructor has a `new` with this bound, which therefore does not apply.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `new`: no visible function of its block makes one",
    label = "write `from(value)`, which makes a handle of a value",
    note = "a `pub fn new(..) -> Self` in the block of `#[monitor]` becomes the handle's too"
)]
pub trait AHandleIsMadeByFrom<'s> {}

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
