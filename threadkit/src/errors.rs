//! Why an operation failed: one type for each way of failing.
//!
//! Every name here is also in the root of the crate: `threadkit::JoinError`.
//!
//! | of | error |
//! | --- | --- |
//! | a wait with a time limit | [`TimedOut`] |
//! | a wait with any limit, `_until` | [`WaitError`] |
//! | a stop token that is asked | [`Stopped`] |
//! | a thread that is joined | [`JoinError`]; [`Panics`] of several, in [`try_scope`](crate::try_scope) |
//! | a thread that is started | [`StartError`] |
//! | a thread that is supervised | [`SupervisorError`] |
//! | a thread that is not joined | [`ThreadFailure`], which the [except hook](crate::set_excepthook) gets; its [`Place`] |
//! | a task that is joined, or waited for | [`TaskError`], [`Unfinished`] |
//! | a task that is submitted | [`SubmitError`] |
//! | a queue | [`PutError`], [`GetError`], [`ShutDown`], [`TaskDoneError`] |
//! | a barrier | [`BrokenBarrier`], with the reason in [`BrokenBy`] |
//! | a latch, a semaphore | [`LatchOpen`], [`ReleaseError`] |
//!
//! An error of an operation that was passed a value returns the value: an item, a body, a guard.

pub use crate::panics::Place;
pub use crate::pool::{SubmitError, TaskError, Unfinished};
pub use crate::queue::{GetError, PutError, ShutDown, TaskDoneError};
pub use crate::sync::{BrokenBarrier, BrokenBy, LatchOpen, ReleaseError};
pub use crate::threads::{JoinError, Panics, StartError, SupervisorError, ThreadFailure};
pub use crate::wait::{Stopped, TimedOut, WaitError};
