//! Why an item did not go in, or did not come out.

use core::error::Error;
use core::fmt;

use crate::debug_as_display::debug_as_display;
use crate::wait::WaitError;

/// The queue was shut down, and nothing is left in it.
///
/// # Examples
///
/// ```
/// use threadkit::{Queue, ShutDown};
///
/// let queue: Queue<u32> = Queue::unbounded();
/// queue.shutdown();
/// assert_eq!(queue.get(), Err(ShutDown));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShutDown;

impl fmt::Display for ShutDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue was shut down")
    }
}

debug_as_display!(ShutDown);

impl Error for ShutDown {}

/// Why there was no item to get.
///
/// # Examples
///
/// ```
/// use threadkit::{GetError, Queue};
///
/// let queue = Queue::unbounded();
/// assert_eq!(queue.try_get(), Err(GetError::Empty));
/// queue.put("last").unwrap();
/// queue.shutdown();
/// assert_eq!(queue.try_get(), Ok("last"));
/// assert_eq!(queue.try_get(), Err(GetError::ShutDown));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum GetError {
    /// There is none at this moment. Only the `try_` forms return this.
    Empty,
    /// None came before the deadline.
    TimedOut,
    /// None came before the stop.
    Stopped,
    /// There is none, and none will come: the queue was shut down.
    ShutDown,
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the queue is empty"),
            Self::TimedOut => WaitError::TimedOut.fmt(f),
            Self::Stopped => WaitError::Stopped.fmt(f),
            Self::ShutDown => ShutDown.fmt(f),
        }
    }
}

debug_as_display!(GetError);

impl Error for GetError {}

impl From<ShutDown> for GetError {
    fn from(_: ShutDown) -> Self {
        Self::ShutDown
    }
}

impl From<WaitError> for GetError {
    fn from(error: WaitError) -> Self {
        match error {
            WaitError::TimedOut => Self::TimedOut,
            WaitError::Stopped => Self::Stopped,
        }
    }
}

/// Why an item was not put into a queue, and the item.
///
/// # Examples
///
/// ```
/// use threadkit::{PutError, Queue};
///
/// let queue = Queue::bounded(1);
/// queue.put("first").unwrap();
/// let error = queue.try_put("second").unwrap_err();
/// assert_eq!(error, PutError::Full("second"));
/// assert_eq!(error.to_string(), "the queue is full");
/// assert_eq!(error.into_inner(), "second");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum PutError<T> {
    /// There is no room at this moment. Only `try_put` returns this.
    Full(T),
    /// There was no room before the deadline.
    TimedOut(T),
    /// There was no room before the stop.
    Stopped(T),
    /// The queue was shut down, and refuses further items.
    ShutDown(T),
}

impl<T> PutError<T> {
    /// Returns the item.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = threadkit::Queue::bounded(1);
    /// queue.put("first").unwrap();
    /// assert_eq!(queue.try_put("second").unwrap_err().into_inner(), "second");
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(item)
            | Self::TimedOut(item)
            | Self::Stopped(item)
            | Self::ShutDown(item) => item,
        }
    }

    /// Whether the queue was shut down, so that another attempt would fail too.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = threadkit::Queue::bounded(1);
    /// queue.put(1).unwrap();
    /// assert!(!queue.try_put(2).unwrap_err().is_shut_down(), "it is full");
    /// queue.shutdown();
    /// assert!(queue.try_put(2).unwrap_err().is_shut_down());
    /// ```
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        matches!(self, Self::ShutDown(_))
    }
}

debug_as_display!(PutError<T>);

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("the queue is full"),
            Self::TimedOut(_) => WaitError::TimedOut.fmt(f),
            Self::Stopped(_) => WaitError::Stopped.fmt(f),
            Self::ShutDown(_) => ShutDown.fmt(f),
        }
    }
}

impl<T> Error for PutError<T> {}

/// `task_done` was called more often than items were taken.
///
/// # Examples
///
/// ```
/// use threadkit::Queue;
///
/// let queue = Queue::unbounded();
/// queue.put("job").unwrap();
/// queue.get().unwrap();
/// queue.task_done().unwrap();
/// let error = queue.task_done().unwrap_err();
/// assert_eq!(error.to_string(), "task_done called 2 times for 1 item taken");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TaskDoneError {
    pub(super) taken: usize,
}

impl fmt::Display for TaskDoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        let (calls, taken) = (self.taken + 1, self.taken);
        write!(
            f,
            "task_done called {calls} time{} for {taken} item{} taken",
            plural(calls),
            plural(taken)
        )
    }
}

debug_as_display!(TaskDoneError);

impl Error for TaskDoneError {}
