//! A run that is over, as strategies and reports read it.

use core::num::NonZeroU64;
use std::collections::VecDeque;

use crate::backend::explored::chooser::{OlderLoad, Stretch};
use crate::backend::explored::schedule::Schedule;
use crate::backend::explored::step::{Happening, Step};

/// Why a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// The body reported a failure.
    Failed,
    /// No task can run, and not all tasks have ended.
    Deadlock,
    /// The run has taken more steps than allowed.
    Endless,
    /// A task, this one if it is known, has not come to its next step: it waits for something that the exploration
    /// does not see.
    Stuck(Option<usize>),
}

/// A run that is over.
pub(crate) struct Run {
    pub(crate) result: Result<(), FailureKind>,
    pub(crate) schedule: Schedule,
    /// Stands for all that the tasks did, so that two runs can be compared.
    pub(crate) trace: u64,
    /// Which task ran when.
    pub(crate) stretches: Vec<Stretch>,
    /// The loads that returned an older value than the newest one.
    pub(crate) older: Vec<OlderLoad>,
    /// What happened, without a part between beginning and end if it is very much.
    pub(crate) happenings: VecDeque<Happening>,
    /// How much that part is.
    pub(crate) forgotten: usize,
    /// How much is remembered of what came before that part.
    pub(crate) forgotten_at: usize,
    /// The tasks, by number.
    pub(crate) tasks: Vec<RunTask>,
    /// The first panic, with the task that has panicked.
    pub(crate) panic: Option<(usize, String)>,
}

/// What is known of a task at the end of a run.
pub(crate) struct RunTask {
    pub(crate) name: String,
    /// The id of the thread in the process, if threadkit has started it.
    pub(crate) id: Option<NonZeroU64>,
    /// The last step that it has begun, with its number in the run.
    pub(crate) last: Option<(usize, Step)>,
    /// The wait in which it is, with the number of the step with which it began.
    pub(crate) waits: Option<(usize, Step)>,
}
