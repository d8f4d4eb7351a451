//! Recordings, which this form does not make.

use core::sync::atomic::AtomicU32;

use crate::backend::{Site, TaskId};
use crate::inspect::recorded::Recorded;

/// A recording: there is none.
pub(crate) enum Recorder {}

impl Recorder {
    pub(crate) fn start(_room: usize) -> Option<Self> {
        None
    }

    pub(crate) fn stop(self) -> Recorded {
        match self {}
    }
}

#[inline(always)]
pub(crate) fn awaits(_word: &AtomicU32) {}

#[inline(always)]
pub(crate) fn wakes(_word: &AtomicU32) {}

#[inline(always)]
pub(crate) fn thread_starts(_thread: TaskId) {}

#[inline(always)]
pub(crate) fn thread_begins() {}

#[inline(always)]
pub(crate) fn thread_ends() {}

#[inline(always)]
pub(crate) fn task_begins(_name: &'static str, _task: &Site) -> RunsTask {
    RunsTask
}

/// Ends a note that this form does not make.
pub(crate) struct RunsTask;
