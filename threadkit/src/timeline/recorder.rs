//! [`Recorder`].

use core::fmt;

use super::model::Model;
use super::recording::Recording;
use crate::inspect;

/// How many events a recording keeps unless the program sets another number.
const ROOM: usize = 1 << 18;

/// Begins to record what all threads of the process do.
///
/// Several recordings can go on at a time; each has all threads.
///
/// # Examples
///
/// See the [module](crate::timeline).
pub fn record() -> Recorder {
    record_latest(ROOM)
}

/// As [`record`], but keeps about that many of the latest events.
///
/// # Examples
///
/// ```
/// use threadkit::{Lock, timeline};
///
/// let recorder = timeline::record_latest(1000);
/// let lock = Lock::new(0);
/// for _ in 0..10_000 {
///     *lock.acquire() += 1;
/// }
/// let recording = recorder.stop();
/// # #[cfg(debug_assertions)]
/// assert!(recording.lost() > 8000);
/// ```
pub fn record_latest(events: usize) -> Recorder {
    Recorder {
        started: inspect::Recorder::start(events),
        room: events,
    }
}

/// Records what all threads do, until it is stopped or dropped.
///
/// [`record`] makes one.
///
/// # Examples
///
/// See the [module](crate::timeline).
#[must_use = "dropping it ends the recording, and what was recorded is lost"]
pub struct Recorder {
    /// `None` in a build that records nothing.
    started: Option<inspect::Recorder>,
    room: usize,
}

impl Recorder {
    /// Ends the recording.
    ///
    /// What threads hold and wait for at that time is a part of it, so it also shows a program that hangs.
    ///
    /// # Examples
    ///
    /// See the [module](crate::timeline).
    pub fn stop(self) -> Recording {
        Recording::of(Model::new(
            self.started.map(inspect::Recorder::stop),
            self.room,
        ))
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("records", &self.started.is_some())
            .finish_non_exhaustive()
    }
}
