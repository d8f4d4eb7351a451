//! What a task leaves, before anybody has asked for it.

use super::ending::Ending;
use super::scope::Lost;
use super::task_error::TaskError;
use crate::threads::{Caught, JoinError, ThreadFailure, ThreadRef, catch, current, report};

/// What a task leaves.
pub(super) enum Outcome<T> {
    Returned(T),
    /// And on which thread it did.
    Panicked(ThreadRef, Caught),
    NeverRan(TaskError),
}

impl<T> Outcome<T> {
    /// Of a body that the current thread runs.
    pub(super) fn of(body: impl FnOnce() -> T) -> Self {
        match catch(body) {
            Ok(value) => Self::Returned(value),
            Err(caught) => Self::Panicked(current(), caught),
        }
    }

    pub(super) fn ending(&self) -> Ending {
        match self {
            Self::Returned(_) => Ending::Returned,
            Self::Panicked(..) => Ending::Panicked,
            Self::NeverRan(_) => Ending::Cancelled,
        }
    }

    /// For whoever asks.
    pub(super) fn into_result(self) -> Result<T, TaskError> {
        match self {
            Self::Returned(value) => Ok(value),
            Self::Panicked(thread, caught) => {
                Err(TaskError::Panicked(JoinError::new(thread.name(), caught)))
            }
            Self::NeverRan(error) => Err(error),
        }
    }

    /// Nobody will ask: a value is dropped, and a panic goes to the scope or to the except hook.
    pub(super) fn dispose(self, lost: Option<&Lost>) {
        match self {
            Self::Returned(value) => drop(value),
            Self::Panicked(thread, caught) => {
                let caught = match lost {
                    Some(lost) => lost.keep(caught),
                    None => Some(caught),
                };
                if let Some(caught) = caught {
                    report(ThreadFailure::of_panic(&thread, caught));
                }
            }
            Self::NeverRan(_) => {}
        }
    }
}

/// Runs `f`; a panic has been reported by the panic hook, and goes no further.
pub(super) fn swallow(f: impl FnOnce()) {
    if let Err(caught) = catch(f) {
        caught.discard();
    }
}
