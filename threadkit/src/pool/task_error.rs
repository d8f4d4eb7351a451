//! The error of a task that did not return.

use core::any::Any;
use core::error::Error;
use core::fmt;
use std::sync::Arc;

use crate::debug_as_display::debug_as_display;
use crate::threads::JoinError;

/// The task ended without a value.
///
/// `Display` and `Debug`, which is what `unwrap` prints, both say in one line what happened.
///
/// # Examples
///
/// ```
/// use threadkit::{TaskError, ThreadPool};
///
/// let pool = ThreadPool::builder(1).name("jobs").build();
/// let task = pool.submit(|| -> u32 { panic!("out of cheese") });
///
/// let error = task.join().unwrap_err();
/// assert!(error.to_string().starts_with("thread `jobs-1` panicked at "));
/// match error {
///     TaskError::Panicked(panic) => assert_eq!(panic.message(), "out of cheese"),
///     other => unreachable!("{other}"),
/// }
/// ```
#[doc(alias = "CancelledError")]
#[doc(alias = "BrokenThreadPool")]
#[doc(alias = "ExecutionException")]
#[non_exhaustive]
pub enum TaskError {
    /// Its body panicked; this has the payload, the message and the place.
    Panicked(JoinError),
    /// It was cancelled before it ran: by [`Task::cancel`](crate::Task::cancel), or because its pool was shut down
    /// at once.
    Cancelled,
    /// It never ran, because its pool has no thread that could run it; the text says why.
    Broken(Arc<str>),
    /// Its [`Promise`](crate::Promise) was dropped before it was set.
    Dropped,
}

impl TaskError {
    /// Whether the task was cancelled before it ran.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let busy = pool.submit(|| threadkit::stop_token().wait());
    /// let task = pool.submit(|| "never");
    /// assert!(task.cancel());
    /// assert!(task.join().unwrap_err().is_cancelled());
    /// busy.stop();
    /// ```
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// The payload of the panic, for [`resume_unwind`](std::panic::resume_unwind) or a downcast.
    ///
    /// # Errors
    ///
    /// The error itself, if the body did not panic.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// let task = pool.submit(|| std::panic::panic_any(7_u32));
    /// let payload = task.join().unwrap_err().into_panic().unwrap();
    /// assert_eq!(*payload.downcast::<u32>().unwrap(), 7);
    /// ```
    pub fn into_panic(self) -> Result<Box<dyn Any + Send>, Self> {
        match self {
            Self::Panicked(panic) => Ok(panic.into_panic()),
            other => Err(other),
        }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(panic) => panic.fmt(f),
            Self::Cancelled => f.write_str("the task was cancelled before it ran"),
            Self::Broken(why) => write!(f, "the task never ran: {why}"),
            Self::Dropped => f.write_str("the promise was dropped before it was set"),
        }
    }
}

debug_as_display!(TaskError);

/// So that `?` passes on the failures of tasks and of threads alike. A task that was cancelled or never ran becomes an
/// error without a place, whose message says so.
///
/// # Examples
///
/// ```
/// use threadkit::{JoinError, ThreadPool, spawn};
///
/// fn both(pool: &ThreadPool) -> Result<u32, JoinError> {
///     let (task, thread) = (pool.submit(|| 1), spawn(|| 2));
///     Ok(task.join()? + thread.join()?)
/// }
///
/// assert_eq!(both(&ThreadPool::new(1)).unwrap(), 3);
/// ```
impl From<TaskError> for JoinError {
    fn from(error: TaskError) -> Self {
        match error {
            TaskError::Panicked(panic) => panic,
            other => Self::of_task(other.to_string()),
        }
    }
}

impl Error for TaskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Panicked(panic) => Some(panic),
            _ => None,
        }
    }
}
