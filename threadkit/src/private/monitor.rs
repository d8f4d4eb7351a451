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

/// Nothing implements it, so that no value has the methods with which the monitors of Java and Python wait.
#[diagnostic::on_unimplemented(
    message = "a method of a `#[monitor]` does not wait in its middle",
    label = "put `#[when(..)]` above the method, with the condition that it waits for",
    note = "with `#[when(!self.items.is_empty())]` the handle waits until that is true, and then calls the method"
)]
pub trait PutWhenAboveTheMethod<'s> {}

/// Nothing implements it, so that no value has the methods with which these monitors notify.
#[diagnostic::on_unimplemented(
    message = "a `#[monitor]` wakes its waiters by itself",
    label = "leave this out",
    note = "after each method with `&mut self`, the threads whose `#[when(..)]` has become true go on"
)]
pub trait LeaveTheNotificationOut<'s> {}

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
