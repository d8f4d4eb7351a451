//! Dumps that are printed later, by a thread of their own.

use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::sync::Arc;

use super::capture::dump;
use crate::backend::{self, Instant};
use crate::inspect::{spawn_hidden, tell};
use crate::unwind;

/// Not cancelled.
const PENDING: u32 = 0;
/// Nothing is printed any more.
const CANCELLED: u32 = 1;

/// Prints a [dump](fn@super::dump) to standard error after that time, unless the result is dropped first.
///
/// It is for a program or a test that may hang: bind the result where the work begins. If the work ends in time,
/// nothing is printed. A thread of its own waits and prints, so it works whatever the other threads do.
///
/// # Differences from Python's `faulthandler.dump_traceback_later`
///
/// There may be several at a time, each with a value that cancels it.
///
/// # Panics
///
/// If the system has no room for another thread.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let dump = threadkit::dump_after(Duration::from_secs(60));
/// let work: u32 = (1..=100).sum(); // it might hang
/// drop(dump);
/// assert_eq!(work, 5050);
/// ```
#[must_use = "dropping the result cancels the dump; bind it, or call `detach`; `let _ = ..` drops it at once too"]
#[doc(alias = "dump_traceback_later")]
#[track_caller]
pub fn dump_after(delay: Duration) -> PendingDump {
    start(delay, false)
}

/// As [`dump_after`], and again each time that this time has passed.
///
/// # Panics
///
/// As [`dump_after`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let dumps = threadkit::dump_every(Duration::from_secs(60));
/// let work: u32 = (1..=100).sum();
/// drop(dumps);
/// # assert_eq!(work, 5050);
/// ```
#[must_use = "dropping the result cancels the dumps; bind it, or call `detach`; `let _ = ..` drops it at once too"]
#[track_caller]
pub fn dump_every(period: Duration) -> PendingDump {
    start(period, true)
}

#[track_caller]
fn start(delay: Duration, repeats: bool) -> PendingDump {
    let word = Arc::new(AtomicU32::new(PENDING));
    let pending = PendingDump {
        word: Some(Arc::clone(&word)),
    };
    // A time that the clock cannot represent never comes.
    if let Some(due) = Instant::now().checked_add(delay)
        && let Err(error) = spawn_hidden("threadkit-dump", move || run(&word, due, delay, repeats))
    {
        panic!("cannot start a thread that dumps the others: {error}");
    }
    pending
}

fn run(word: &AtomicU32, first: Instant, period: Duration, repeats: bool) {
    let mut due = first;
    loop {
        // The word is read under the lock that a waker takes, so no cancellation is lost.
        while word.load(Ordering::Acquire) == PENDING && backend::park(word, PENDING, Some(due)) {}
        if word.load(Ordering::Acquire) == CANCELLED {
            return;
        }
        // The only code of the user that a dump can run is the destructor of a value whose last owner it is.
        unwind::run_quietly(|| tell(&dump().to_string()));
        match Instant::now().checked_add(period) {
            Some(next) if repeats => due = next,
            _ => return,
        }
    }
}

/// A dump that is printed later; made by [`dump_after`] and [`dump_every`]. Dropping it cancels the dump.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use threadkit::dump::PendingDump;
///
/// struct Job {
///     _watched: PendingDump,
/// }
///
/// let job = Job { _watched: threadkit::dump_after(Duration::from_secs(60)) };
/// drop(job);
/// ```
#[must_use = "dropping it cancels the dump; bind it, or call `detach`; `let _ = ..` drops it at once too"]
pub struct PendingDump {
    /// `None` if it was detached.
    word: Option<Arc<AtomicU32>>,
}

impl PendingDump {
    /// Keeps the dump pending without this value, for as long as the process lives.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// fn main() {
    ///     // A process that should have ended long ago says what it does, every hour.
    ///     threadkit::dump_every(Duration::from_secs(3600)).detach();
    /// }
    /// ```
    pub fn detach(mut self) {
        self.word = None;
    }
}

impl Drop for PendingDump {
    fn drop(&mut self) {
        if let Some(word) = &self.word {
            word.store(CANCELLED, Ordering::Release);
            backend::unpark(word);
        }
    }
}

impl fmt::Debug for PendingDump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingDump").finish_non_exhaustive()
    }
}
