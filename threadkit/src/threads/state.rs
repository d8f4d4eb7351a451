//! [`State`].

use core::fmt;

use crate::panics::Place;

/// What a thread is doing, as [`ThreadRef::state`](crate::ThreadRef::state) sees it.
///
/// It may be out of date at once, except for the last two states, which are final.
///
/// # Differences from Java's `Thread.State`
///
/// A thread that waits for a lock and a thread that waits for anything else, with or without a limit, are
/// both *waiting*; `what` says what for. Waits are known in debug builds and with the feature `inspect`.
/// In other builds such a thread is *running*.
///
/// # Examples
///
/// ```
/// use threadkit::{State, Thread};
///
/// let worker = Thread::new(|| threadkit::stop_token().wait()).start();
/// assert!(matches!(worker.state(), State::New | State::Running | State::Waiting { .. }));
///
/// worker.stop();
/// worker.wait();
/// assert_eq!(worker.state(), State::Finished);
/// worker.join().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// It is started, and has not reached its first step.
    New,
    /// It runs, or is ready to run.
    Running,
    /// It waits in an operation of threadkit.
    Waiting {
        /// The operation as the program calls it, and the lock if it has a name: ``acquire `accounts` ``.
        what: String,
        /// Where it was called.
        place: Place,
    },
    /// Its body has returned.
    Finished,
    /// Its body has panicked.
    Panicked,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("new"),
            Self::Running => f.write_str("running"),
            Self::Waiting { what, place } => write!(f, "waiting in {what}, {place}"),
            Self::Finished => f.write_str("finished"),
            Self::Panicked => f.write_str("panicked"),
        }
    }
}
