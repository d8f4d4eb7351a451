//! Why a wait ended early.

use core::error::Error;
use core::fmt;

use crate::backend::ShownValue;

/// The time limit of a wait passed.
///
/// Returned by the `_timeout` forms that return a value.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{Lock, TimedOut};
///
/// let lock = Lock::new(1);
/// let held = lock.acquire();
/// std::thread::scope(|s| {
///     let other = s.spawn(|| lock.acquire_timeout(Duration::from_millis(5)).map(|guard| *guard));
///     assert_eq!(other.join().unwrap(), Err(TimedOut));
/// });
/// drop(held);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time was up")
    }
}

impl Error for TimedOut {}

/// A stop was requested.
///
/// Returned by [`StopToken::check`](crate::StopToken::check), for use with `?`.
///
/// # Examples
///
/// ```
/// use threadkit::{StopSource, StopToken, Stopped};
///
/// fn rounds(stop: &StopToken) -> Result<u32, Stopped> {
///     let mut rounds = 0;
///     while rounds < 3 {
///         stop.check()?;
///         rounds += 1;
///     }
///     Ok(rounds)
/// }
///
/// let source = StopSource::new();
/// assert_eq!(rounds(&source.token()), Ok(3));
/// source.stop();
/// assert_eq!(rounds(&source.token()), Err(Stopped));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stop was requested")
    }
}

impl Error for Stopped {}

/// Why a wait with a deadline, a stop token or both ended early.
///
/// Returned by the `_until` forms.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{Event, StopSource, WaitError};
///
/// let event = Event::new();
/// let source = StopSource::new();
/// let limit = Duration::from_millis(5);
/// assert_eq!(event.wait_until((limit, &source.token())), Err(WaitError::TimedOut));
/// source.stop();
/// assert_eq!(event.wait_until((limit, &source.token())), Err(WaitError::Stopped));
/// event.set();
/// assert_eq!(event.wait_until((limit, &source.token())), Ok(()), "what happened, happened");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitError {
    /// The deadline passed.
    TimedOut,
    /// The token was stopped.
    Stopped,
}

impl WaitError {
    /// For the report of an exploration.
    pub(crate) fn shown(self) -> ShownValue {
        ShownValue::Word(match self {
            Self::TimedOut => "timed out",
            Self::Stopped => "stopped",
        })
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => TimedOut.fmt(f),
            Self::Stopped => Stopped.fmt(f),
        }
    }
}

impl Error for WaitError {}

impl From<TimedOut> for WaitError {
    fn from(_: TimedOut) -> Self {
        Self::TimedOut
    }
}

impl From<Stopped> for WaitError {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}
