//! What is known of all threads at one moment.

use core::panic::Location;
use core::time::Duration;
use std::sync::Arc;

use super::deadlock::Deadlock;
use super::operation::Operation;
use crate::backend::{Side, TaskId};
use crate::identity::Identity;
use crate::index_map::IndexSet;

/// What is known of the waits and locks of all threads at one moment.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// Whether waits and locks are tracked.
    pub(crate) is_tracked: bool,
    /// When it was made, by the clock of [`Identity::runs_since`].
    pub(crate) now: u64,
    /// Whether all of it could be read.
    pub(crate) is_complete: bool,
    pub(crate) waits: Vec<WaitSeen>,
    pub(crate) holds: Vec<HoldsSeen>,
    pub(crate) groups: Vec<GroupSeen>,
    /// The tasks that can never go on.
    pub(crate) stuck: IndexSet<TaskId>,
    pub(crate) deadlocks: Vec<Deadlock>,
    /// The tasks that others interrupt, each with that other one.
    pub(crate) interrupted: Vec<(TaskId, Arc<Identity>)>,
    /// The threads of the process, by their numbers for the system and their names there. Those of threadkit that
    /// nothing sees are left out. `None` where the system does not tell.
    pub(crate) of_system: Option<Vec<(u64, String)>>,
}

/// A wait.
#[derive(Debug)]
pub(crate) struct WaitSeen {
    pub(crate) task: TaskId,
    /// The task that all others on the thread interrupt.
    pub(crate) thread: TaskId,
    pub(crate) native: u64,
    pub(crate) operation: Operation,
    pub(crate) lock: Option<&'static str>,
    /// What is waited for, as a part of a sentence.
    pub(crate) awaited: Option<String>,
    pub(crate) place: &'static Location<'static>,
    pub(crate) lasts: Duration,
    pub(crate) enders: Vec<EnderSeen>,
    /// Whether the enders wait to write the lock, and do not hold it.
    pub(crate) is_behind: bool,
}

/// What a thread waits for.
#[derive(Debug)]
#[cfg_attr(
    not(any(debug_assertions, feature = "inspect")),
    expect(dead_code, reason = "the form that compiles to nothing asks for none")
)]
pub(crate) struct EnderSeen {
    pub(crate) task: TaskId,
    /// Where it acquired what is waited for.
    pub(crate) since: Option<&'static Location<'static>>,
    /// The number of its thread for the system, if that is known.
    pub(crate) native: Option<u64>,
    pub(crate) has_ended: bool,
}

/// What a thread holds.
#[derive(Debug)]
pub(crate) struct HoldsSeen {
    pub(crate) thread: TaskId,
    pub(crate) native: u64,
    /// Oldest first.
    pub(crate) locks: Vec<LockSeen>,
}

/// A lock that a thread holds.
#[derive(Debug)]
pub(crate) struct LockSeen {
    pub(crate) name: Option<&'static str>,
    pub(crate) created: &'static Location<'static>,
    pub(crate) side: Option<Side>,
    pub(crate) place: &'static Location<'static>,
}

/// What holds threads together.
#[derive(Clone, Copy, Debug)]
pub(crate) enum GroupKind {
    Scope,
    Pool,
    Supervisor,
}

/// Threads that belong together.
#[derive(Debug)]
pub(crate) struct GroupSeen {
    pub(crate) kind: GroupKind,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) place: &'static Location<'static>,
    /// The task that made it.
    pub(crate) maker: TaskId,
    pub(crate) members: Vec<TaskId>,
    /// How many tasks wait for a thread of it.
    pub(crate) pending: usize,
}
