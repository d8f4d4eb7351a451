//! What happens to locks and waits, told to all that want to know.
//!
//! Tags, waits and waiters call these functions; whatever is computed from the facts is called from here and from
//! nowhere else. Nothing here takes an instrumented lock, runs code of the user, or panics.

use core::panic::Location;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::OnceLock;
use std::time::Instant;

use super::holds::{self, Class, Held};
use crate::backend::explored::{self, Act, Object, Step};
use crate::backend::{Side, TaskId};
use crate::inspect::WaitInfo;

/// The wait that came before an acquisition.
#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "accounts of contention will read it")]
pub(super) struct Waited {
    /// When it began and ended, by [`now`].
    pub(super) began: u64,
    pub(super) ended: u64,
    /// Where the thread that held the lock when it began had acquired it.
    pub(super) blamed: Option<&'static Location<'static>>,
}

/// How many want to know the times of what happens. Without any, no clock is read.
static TIMED: AtomicUsize = AtomicUsize::new(0);

pub(super) fn wants_times() -> bool {
    // Relaxed: an event more or less at the edge of a recording makes no difference.
    TIMED.load(Ordering::Relaxed) > 0
}

/// The time in nanoseconds since this was first called, and never zero; zero if nothing wants to know.
pub(super) fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    if !wants_times() {
        return 0;
    }
    let since = START.get_or_init(Instant::now).elapsed().as_nanos();
    u64::try_from(since).unwrap_or(u64::MAX).saturating_add(1)
}

/// The current thread is about to acquire a lock by a form that waits without a limit.
///
/// It comes before the first attempt. If the thread already holds the lock, it was refused before.
pub(super) fn acquiring(_wanted: &Held) {}

/// The current thread has acquired a lock.
pub(super) fn acquired(held: Held, _waited: Option<Waited>) {
    explored::note(|| Step {
        act: Act::Acquires(held.side.map_or("acquires", Side::verb)),
        object: Some(object(held.class)),
        place: Some(held.place),
    });
    holds::push(held);
}

/// The current thread has acquired a lock again that it gave up for a wait, which it began at that place.
pub(super) fn reacquired(lock: usize, place: &'static Location<'static>) {
    holds::move_to(lock, place);
}

/// The current thread is about to release a lock.
pub(super) fn released(lock: usize, side: Option<Side>) {
    if let Some(held) = holds::remove(lock, side) {
        explored::note(|| Step {
            act: Act::Releases,
            object: Some(object(held.class)),
            place: None,
        });
    }
}

/// A task of the current thread starts to wait.
pub(super) fn wait_begins(_task: TaskId, wait: &WaitInfo) {
    explored::note(|| Step {
        act: Act::Waits(wait.operation.name()),
        object: None,
        place: Some(wait.place),
    });
}

/// The wait is over.
pub(super) fn wait_ends(_task: TaskId, _wait: &WaitInfo) {
    explored::note(|| Step {
        act: Act::GoesOn,
        object: None,
        place: None,
    });
}

fn object(class: Class) -> Object {
    let Class { name, created } = class;
    Object {
        kind: "a lock",
        name,
        made: created,
    }
}

/// A task has woken another one, which slept.
pub(super) fn woke(_waker: TaskId, _sleeper: TaskId) {}
