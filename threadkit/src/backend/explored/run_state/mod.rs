//! The state of a run: its tasks, which of them can run, and the choice of the next one.
//!
//! `run` is what is left of a run that is over, and `record` keeps it until then. `state` is the run in progress with its
//! `task`s. Above it are what their `steps` use, the values that `loads` return, `sleeps`, and the `choice` of the next
//! task.

mod choice;
mod loads;
mod record;
mod run;
mod sleeps;
mod state;
mod steps;
mod task;

pub(crate) use self::run::{FailureKind, Run, RunTask};
pub(super) use self::state::{CONTROLLER, RunState};
pub(super) use self::task::Status;
