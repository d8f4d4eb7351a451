//! A wait for several tasks that ended before they did.

use core::error::Error;
use core::fmt;

use crate::wait::WaitError;

/// The wait ended before all tasks had ended.
///
/// Returned by [`wait_all_until`](crate::wait_all_until) and
/// [`as_completed_until`](crate::as_completed_until).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{ThreadPool, WaitError, wait_all_until};
///
/// let pool = ThreadPool::new(1);
/// let slow = pool.submit(|| threadkit::stop_token().wait());
/// let error = wait_all_until([&slow], Duration::from_millis(5)).unwrap_err();
/// assert_eq!((error.unfinished(), error.total(), error.why()), (1, 1, WaitError::TimedOut));
/// slow.stop();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "TimeoutError")]
pub struct Unfinished {
    unfinished: usize,
    total: usize,
    why: WaitError,
}

impl Unfinished {
    pub(super) fn new(unfinished: usize, total: usize, why: WaitError) -> Self {
        Self {
            unfinished,
            total,
            why,
        }
    }

    /// How many tasks had not ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{ThreadPool, wait_all_until};
    ///
    /// let pool = ThreadPool::new(2);
    /// let quick = pool.submit(|| ());
    /// let slow = pool.submit(|| threadkit::stop_token().wait());
    /// quick.wait();
    /// let error = wait_all_until([&quick, &slow], Duration::from_millis(5)).unwrap_err();
    /// assert_eq!(error.unfinished(), 1);
    /// slow.stop();
    /// ```
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.unfinished
    }

    /// How many tasks there were.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use threadkit::{ThreadPool, wait_all_until};
    ///
    /// let pool = ThreadPool::new(2);
    /// let slow = [1, 2].map(|_| pool.submit(|| threadkit::stop_token().wait()));
    /// let error = wait_all_until(&slow, Duration::from_millis(5)).unwrap_err();
    /// assert_eq!(error.total(), 2);
    /// assert_eq!(error.to_string(), "2 of 2 tasks unfinished: the time was up");
    /// slow.iter().for_each(|task| _ = task.stop());
    /// ```
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// Why the wait ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{StopSource, ThreadPool, WaitError, wait_all_until};
    ///
    /// let (pool, source) = (ThreadPool::new(1), StopSource::new());
    /// let slow = pool.submit(|| threadkit::stop_token().wait());
    /// source.stop(); // ends the wait; the task goes on
    /// let error = wait_all_until([&slow], &source.token()).unwrap_err();
    /// assert_eq!(error.why(), WaitError::Stopped);
    /// slow.stop();
    /// ```
    #[must_use]
    pub fn why(&self) -> WaitError {
        self.why
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            unfinished,
            total,
            why,
        } = self;
        write!(f, "{unfinished} of {total} tasks unfinished: {why}")
    }
}

impl Error for Unfinished {}
