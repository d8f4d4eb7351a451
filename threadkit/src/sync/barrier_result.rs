//! How a wait at a [`Barrier`](super::Barrier) ends.

use core::error::Error;
use core::fmt;

use crate::backend::ShownValue;

/// The position of a party in its round; returned by [`Barrier::wait`](crate::Barrier::wait).
///
/// # Examples
///
/// ```
/// use threadkit::Barrier;
///
/// let turn = Barrier::new(1).wait().unwrap();
/// assert_eq!(turn.index(), 0);
/// assert!(turn.is_leader());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "BarrierWaitResult")]
pub struct Turn {
    index: usize,
    leader: bool,
}

impl Turn {
    pub(super) fn new(index: usize, parties: usize) -> Self {
        Self {
            index,
            leader: index + 1 == parties,
        }
    }

    /// How many parties arrived before this one. Each party of a round has a different index.
    ///
    /// # Examples
    ///
    /// ```
    /// let turn = threadkit::Barrier::new(1).wait().unwrap();
    /// assert_eq!(turn.index(), 0);
    /// ```
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Whether this party arrived last, and ran the action if there is one. Each round has one leader.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::Barrier;
    ///
    /// let barrier = Barrier::new(3);
    /// let leaders: usize = std::thread::scope(|s| {
    ///     let parties = [(); 3].map(|()| s.spawn(|| barrier.wait().unwrap().is_leader()));
    ///     parties.map(|party| usize::from(party.join().unwrap())).iter().sum()
    /// });
    /// assert_eq!(leaders, 1);
    /// ```
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.leader
    }
}

/// The barrier is broken; returned by [`Barrier::wait`](crate::Barrier::wait).
///
/// # Examples
///
/// ```
/// use threadkit::{Barrier, BrokenBy};
///
/// let barrier = Barrier::new(2);
/// barrier.abort();
/// let error = barrier.wait().unwrap_err();
/// assert_eq!(error.cause(), BrokenBy::Aborted);
/// assert_eq!(error.to_string(), "the barrier is broken: it was aborted");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "BrokenBarrierError")]
pub struct BrokenBarrier {
    cause: BrokenBy,
}

impl BrokenBarrier {
    pub(super) fn new(cause: BrokenBy) -> Self {
        Self { cause }
    }

    /// What broke the barrier.
    ///
    /// # Examples
    ///
    /// ```
    /// use threadkit::{Barrier, BrokenBy};
    ///
    /// let barrier = Barrier::new(2);
    /// barrier.abort();
    /// assert_eq!(barrier.wait().unwrap_err().cause(), BrokenBy::Aborted);
    /// ```
    #[must_use]
    pub fn cause(&self) -> BrokenBy {
        self.cause
    }
}

impl fmt::Display for BrokenBarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = match self.cause {
            BrokenBy::TimedOut => "a party waited for its time",
            BrokenBy::Stopped => "a party was stopped",
            BrokenBy::Aborted => "it was aborted",
            BrokenBy::Reset => "it was reset",
            BrokenBy::Panicked => "its action panicked",
        };
        write!(f, "the barrier is broken: {cause}")
    }
}

impl Error for BrokenBarrier {}

/// What broke a [`Barrier`](crate::Barrier).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::{Barrier, BrokenBy};
///
/// let barrier = Barrier::new(2);
/// let alone = barrier.wait_timeout(Duration::from_millis(5)).unwrap_err();
/// assert_eq!(alone.cause(), BrokenBy::TimedOut);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenBy {
    /// The deadline of a party passed before all parties had arrived.
    TimedOut,
    /// The token of a party was stopped before all parties had arrived.
    Stopped,
    /// Some thread called [`abort`](crate::Barrier::abort).
    Aborted,
    /// Some thread called [`reset`](crate::Barrier::reset) while parties waited. The barrier is no longer
    /// broken.
    Reset,
    /// The action panicked.
    Panicked,
}

impl BrokenBy {
    const ALL: [Self; 5] = [
        Self::TimedOut,
        Self::Stopped,
        Self::Aborted,
        Self::Reset,
        Self::Panicked,
    ];

    /// Not zero, and different for each.
    pub(super) fn number(self) -> usize {
        self as usize + 1
    }

    /// For the report of an exploration.
    pub(super) fn shown(self) -> ShownValue {
        ShownValue::Word(match self {
            Self::TimedOut => "broken: timed out",
            Self::Stopped => "broken: stopped",
            Self::Aborted => "broken: aborted",
            Self::Reset => "broken: reset",
            Self::Panicked => "broken: its action panicked",
        })
    }

    pub(super) fn from_number(number: usize) -> Option<Self> {
        Self::ALL.get(number.checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_to_their_cause() {
        for cause in BrokenBy::ALL {
            assert_eq!(BrokenBy::from_number(cause.number()), Some(cause));
        }
        assert_eq!(BrokenBy::from_number(0), None);
    }
}
