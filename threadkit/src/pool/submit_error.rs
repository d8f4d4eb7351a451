//! The error of a submission that the pool refuses.

use core::error::Error;
use core::fmt;
use std::sync::Arc;

use crate::backend::ShownValue;
use crate::debug_as_display::debug_as_display;
use crate::wait::WaitError;

/// Why a pool refuses a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Full,
    ShutDown,
    Broken(Arc<str>),
    NoThread(Arc<str>),
    Waited(WaitError),
    /// The tasks were cancelled.
    Cancelled,
}

impl Refusal {
    /// For the report of an exploration.
    pub(super) fn shown(&self) -> ShownValue {
        ShownValue::Word(match self {
            Self::Full => "full",
            Self::ShutDown => "shut down",
            Self::Broken(_) => "broken",
            Self::NoThread(_) => "no thread",
            Self::Waited(error) => return error.shown(),
            Self::Cancelled => "cancelled",
        })
    }
}

/// The pool has refused the task; this has its body.
///
/// Made by [`ThreadPool::try_submit`](crate::ThreadPool::try_submit) and
/// [`submit_until`](crate::ThreadPool::submit_until).
///
/// # Examples
///
/// ```
/// use threadkit::ThreadPool;
///
/// let pool = ThreadPool::new(1);
/// pool.shutdown();
///
/// let error = pool.try_submit(|| "still here").unwrap_err();
/// assert!(error.is_shut_down());
/// let body = error.into_body();
/// assert_eq!(body(), "still here");
/// ```
#[doc(alias = "RejectedExecutionException")]
pub struct SubmitError<R> {
    body: R,
    pool: Arc<str>,
    reason: Refusal,
}

impl<R> SubmitError<R> {
    pub(super) fn new(body: R, pool: Arc<str>, reason: Refusal) -> Self {
        Self { body, pool, reason }
    }

    /// The body that was to be run.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// pool.shutdown();
    /// let error = pool.try_submit(|| "still here").unwrap_err();
    /// assert_eq!(error.into_body()(), "still here");
    /// ```
    #[must_use]
    pub fn into_body(self) -> R {
        self.body
    }

    /// Whether there was no room in the backlog. Later there may be room.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{ThreadPool, WhenFull};
    ///
    /// let pool = ThreadPool::builder(1).backlog(1, WhenFull::Block).build();
    /// let busy = [(); 2].map(|()| pool.submit(|| threadkit::stop_token().wait()));
    /// let error = pool.try_submit(|| ()).unwrap_err();
    /// assert!(error.is_full() && !error.is_shut_down());
    /// busy.iter().for_each(|task| assert!(task.stop()));
    /// ```
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self.reason, Refusal::Full | Refusal::Waited(_))
    }

    /// Whether the pool was shut down.
    ///
    /// # Examples
    ///
    /// ```
    /// let pool = threadkit::ThreadPool::new(1);
    /// pool.shutdown();
    /// assert!(pool.try_submit(|| ()).unwrap_err().is_shut_down());
    /// ```
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.reason == Refusal::ShutDown
    }

    /// Why the wait for room ended, if that is what happened.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{ThreadPool, WaitError, WhenFull};
    ///
    /// let pool = ThreadPool::builder(1).backlog(1, WhenFull::Block).build();
    /// let busy = [(); 2].map(|()| pool.submit(|| threadkit::stop_token().wait()));
    /// let error = pool.submit_timeout(|| (), Duration::from_millis(5)).unwrap_err();
    /// assert_eq!(error.wait_error(), Some(WaitError::TimedOut));
    /// busy.iter().for_each(|task| assert!(task.stop()));
    /// ```
    #[must_use]
    pub fn wait_error(&self) -> Option<WaitError> {
        match self.reason {
            Refusal::Waited(error) => Some(error),
            _ => None,
        }
    }
}

impl<R> fmt::Display for SubmitError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pool = &self.pool;
        match &self.reason {
            Refusal::Full => write!(f, "the backlog of pool `{pool}` is full"),
            Refusal::ShutDown => write!(f, "pool `{pool}` was shut down and takes no more tasks"),
            Refusal::Broken(why) => write!(f, "pool `{pool}` runs no tasks: {why}"),
            Refusal::NoThread(why) => {
                write!(f, "pool `{pool}` has no thread to run the task: {why}")
            }
            Refusal::Cancelled => write!(f, "the pending tasks of pool `{pool}` were cancelled"),
            Refusal::Waited(error) => {
                write!(f, "the backlog of pool `{pool}` stayed full: {error}")
            }
        }
    }
}

debug_as_display!(SubmitError<R>);

impl<R> Error for SubmitError<R> {}
