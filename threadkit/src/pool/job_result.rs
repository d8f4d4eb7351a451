//! The result of a task, until its handle takes it.

use core::mem;
use std::sync::Arc;

use super::ending::Ending;
use super::lost::Lost;
use super::task_error::TaskError;
use crate::panics::{Caught, catch};
use crate::threads::{JoinError, ThreadFailure, ThreadRef, current, report};

/// Why a task never ran: for that reason, or because it was cancelled.
pub(super) type NeverRan = Option<Arc<str>>;

/// A panic, and on which thread it happened. Boxed, because every task that waits has room for its
/// outcome.
pub(super) type Panic = Box<(ThreadRef, Caught)>;

/// What a task leaves.
pub(super) enum JobResult<T> {
    Returned(T),
    Panicked(Panic),
    Cancelled,
    /// An error that is known already: that of an earlier task whose result was looked at, of a promise, or of a task
    /// that its pool cannot run.
    Failed(Box<TaskError>),
}

impl<T> JobResult<T> {
    /// The result of a body, which this runs on the current thread.
    pub(super) fn of(body: impl FnOnce() -> T) -> Self {
        match attempt(body) {
            Ok(value) => Self::Returned(value),
            Err(panic) => Self::Panicked(panic),
        }
    }

    /// The result of a task that ends without running: cancelled, or for that reason.
    pub(super) fn unrun(why: NeverRan) -> Self {
        match why {
            Some(why) => Self::Failed(Box::new(TaskError::Broken(why))),
            None => Self::Cancelled,
        }
    }

    /// Whether it can be dropped without any effect.
    pub(super) fn is_trivial(&self) -> bool {
        match self {
            Self::Returned(_) => !mem::needs_drop::<T>(),
            Self::Cancelled => true,
            Self::Panicked(_) | Self::Failed(_) => false,
        }
    }

    pub(super) fn ending(&self) -> Ending {
        match self {
            Self::Returned(_) => Ending::Returned,
            Self::Panicked(_) => Ending::Panicked,
            Self::Failed(error) if matches!(**error, TaskError::Panicked(_)) => Ending::Panicked,
            Self::Cancelled | Self::Failed(_) => Ending::Cancelled,
        }
    }

    /// The value; without one, the result of a task that needs it.
    pub(super) fn or_pass_on<U>(self) -> Result<T, JobResult<U>> {
        match self {
            Self::Returned(value) => Ok(value),
            Self::Panicked(panic) => Err(JobResult::Panicked(panic)),
            Self::Cancelled => Err(JobResult::Cancelled),
            Self::Failed(error) => Err(JobResult::Failed(error)),
        }
    }

    /// The result as the handle of the task returns it.
    pub(super) fn into_result(self) -> Result<T, TaskError> {
        match self {
            Self::Returned(value) => Ok(value),
            Self::Panicked(panic) => {
                let (thread, caught) = *panic;
                Err(TaskError::Panicked(JoinError::new(
                    thread.name().into(),
                    caught,
                )))
            }
            Self::Cancelled => Err(TaskError::Cancelled),
            Self::Failed(error) => Err(*error),
        }
    }

    /// Disposes of a result that no handle can take: a value is dropped, and a panic goes to the scope or to the
    /// except hook.
    pub(super) fn dispose(self, lost: Option<&Lost>) {
        match self {
            Self::Returned(value) => drop(value),
            Self::Panicked(panic) => {
                let (thread, caught) = *panic;
                let caught = match lost {
                    Some(lost) => lost.keep(caught),
                    None => Some(caught),
                };
                if let Some(caught) = caught {
                    report(ThreadFailure::of_panic(&thread, caught));
                }
            }
            // An error that is known needs no report.
            Self::Cancelled | Self::Failed(_) => {}
        }
    }
}

/// Runs code of the program; reports a panic to `tracing`, and returns it with its thread.
pub(super) fn attempt<T>(body: impl FnOnce() -> T) -> Result<T, Panic> {
    catch(body).map_err(panicked)
}

/// The part that does not depend on what has panicked, and is compiled once.
#[cold]
fn panicked(caught: Caught) -> Panic {
    let thread = current();
    caught.trace(&thread.name());
    Box::new((thread, caught))
}
