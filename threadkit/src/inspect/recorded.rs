//! The contents of a recording.

use core::panic::Location;
use std::sync::Arc;

use crate::backend::{Side, TaskId};

/// All times are nanoseconds since the recording began.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) length: u64,
    /// How many events had to make room for later ones.
    pub(crate) lost: u64,
    /// In the order of their numbers.
    pub(crate) threads: Vec<RecordedThread>,
}

#[derive(Debug)]
pub(crate) struct RecordedThread {
    pub(crate) id: TaskId,
    pub(crate) name: Arc<str>,
    /// `None` if that was before the recording.
    pub(crate) began: Option<u64>,
    /// `None` if that was after the recording.
    pub(crate) ended: Option<u64>,
    /// Its events before this have made room for later ones.
    pub(crate) known_from: u64,
    pub(crate) events: Vec<RecordedEvent>,
}

impl RecordedEvent {
    pub(crate) fn end(&self) -> u64 {
        match *self {
            Self::Wait { ended, .. } | Self::Hold { ended, .. } | Self::Task { ended, .. } => ended,
            Self::Wakes { at, .. } | Self::Starts { at, .. } => at,
        }
    }
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(
        dead_code,
        reason = "the form that compiles to nothing records nothing"
    )
)]
pub(crate) enum RecordedEvent {
    Wait {
        began: u64,
        ended: u64,
        operation: &'static str,
        lock: Option<RecordedLock>,
        place: &'static Location<'static>,
        /// What is waited for, if that is a lock or a thread.
        whom: Option<TaskId>,
        /// The address of the word that ended it, or zero.
        word: usize,
    },
    Hold {
        began: u64,
        ended: u64,
        lock: RecordedLock,
        side: Option<Side>,
        place: &'static Location<'static>,
    },
    Task {
        began: u64,
        ended: u64,
        name: &'static str,
    },
    /// A word was changed, for which others wait.
    Wakes { at: u64, word: usize },
    /// That thread was started.
    Starts { at: u64, thread: TaskId },
}

// The docs of `timeline` say about how much memory a recording takes.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<RecordedEvent>() <= 104);

/// A lock. The address tells it from the others of its kind, as long as it is not dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RecordedLock {
    pub(crate) address: usize,
    pub(crate) name: Option<&'static str>,
    pub(crate) created: &'static Location<'static>,
}
