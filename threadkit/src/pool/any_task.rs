//! A task of any type, to be waited for together with others.

use std::sync::Arc;

use super::job::Job;
use super::shared::{Lent, Shared};
use super::task::{Task, wait_for};
use super::worker_context;
use crate::wait::{Until, WaitError};

/// A task to wait for: a [`Task`], or a reference to one.
///
/// What [`wait_any`](crate::wait_any), [`wait_all`](crate::wait_all) and
/// [`as_completed`](crate::as_completed) take. Tasks of different types go together as
/// `&dyn AnyTask`. It cannot be implemented for other types.
///
/// # Examples
///
/// ```
/// use threadkit::{AnyTask, ThreadPool, wait_all};
///
/// let pool = ThreadPool::new(2);
/// let number = pool.submit(|| 7);
/// let text = pool.submit(|| "seven");
/// wait_all([&number as &dyn AnyTask, &text]);
/// assert!(number.is_finished() && text.is_finished());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task to wait for",
    label = "not a task",
    note = "pass tasks, or references to tasks: `&tasks`"
)]
pub trait AnyTask: sealed::Sealed {
    /// What is waited for.
    #[doc(hidden)]
    fn __awaited(&self) -> Awaited;
}

mod sealed {
    #[expect(unnameable_types, reason = "sealed: named by nobody outside")]
    pub trait Sealed {}
}

impl<T> sealed::Sealed for Task<T> {}

impl<T> AnyTask for Task<T> {
    fn __awaited(&self) -> Awaited {
        Awaited {
            job: self.job(),
            pool: Arc::clone(self.pool()),
        }
    }
}

impl<A: AnyTask + ?Sized> sealed::Sealed for &A {}

impl<A: AnyTask + ?Sized> AnyTask for &A {
    fn __awaited(&self) -> Awaited {
        (**self).__awaited()
    }
}

/// A task without its types, and its pool.
#[doc(hidden)]
#[expect(missing_debug_implementations, reason = "no part of the interface")]
#[expect(unnameable_types, reason = "no part of the interface")]
pub struct Awaited {
    pub(super) job: Arc<dyn Job>,
    pool: Arc<Shared>,
}

impl Awaited {
    pub(super) fn is_done(&self) -> bool {
        self.job.head().is_done()
    }

    /// What tells the task from all others.
    pub(super) fn key(&self) -> usize {
        self.job.head().key()
    }

    /// Waits for this task as its handle would.
    pub(super) fn wait(&self, until: &Until<'_>) -> Result<(), WaitError> {
        wait_for(&self.job, &self.pool, until)
    }

    /// Lends the place of the current thread, if it is a worker of the task's pool and the task has not
    /// begun.
    pub(super) fn lend_place(&self) -> Option<Lent> {
        if self.job.head().is_pending() && worker_context::at(&self.pool).is_some() {
            Some(self.pool.lend_place())
        } else {
            None
        }
    }
}
