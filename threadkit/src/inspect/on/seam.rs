//! What happens to locks and waits, told to all that want to know.
//!
//! Tags, waits and waiters call these functions; whatever is computed from the facts is called from here and from
//! nowhere else. Nothing here takes an instrumented lock, runs code of the user, or panics.

use core::panic::Location;
use core::sync::atomic::AtomicU32;

use super::class::Class;
pub(super) use super::clock::now;
use super::clock::wants_times;
use super::contention::{Contended, LockWait};
use super::holds::{self, Held};
use super::ours::is_ours;
use super::{contention, order, recorder};
use crate::backend::explored::{self, Act, Object, Step};
use crate::backend::{Side, TaskId};
use crate::inspect::{EndedBy, WaitInfo};

/// The current thread is about to acquire a lock by a form that waits without a limit.
///
/// It comes before the first attempt. If the thread already holds the lock, it was refused before.
#[inline]
pub(super) fn acquiring(wanted: impl FnOnce() -> Option<Held>) {
    if holds::is_any()
        && let Some(wanted) = wanted()
    {
        order::acquiring(&wanted);
    }
}

/// The current thread has acquired a lock.
#[inline]
pub(super) fn acquired(held: &Held) {
    explored::note(|| Step {
        act: Act::Acquires(held.side.map_or("acquires", Side::verb)),
        object: Some(object(*held.class)),
        // A lock that is acquired again inside of a wait has no place of its own in the program.
        place: Some(held.place).filter(|place| !is_ours(place)),
    });
    holds::push(held);
    order::acquired();
}

/// The current thread has acquired a lock again that it gave up for a wait, which it began at that place.
pub(super) fn reacquired(lock: usize, place: &'static Location<'static>) {
    holds::move_to(lock, place);
}

/// The current thread is about to release a lock. The acquisition is returned if something may want to know of it.
#[inline]
pub(super) fn releases(lock: usize, side: Option<Side>) -> Option<Held> {
    let is_wanted = wants_times() || explored::here().is_some();
    let held = holds::remove(lock, side, is_wanted)?;
    recorder::released(&held);
    explored::note(|| Step {
        act: Act::Releases,
        object: Some(object(*held.class)),
        place: None,
    });
    Some(held)
}

/// The current thread has released a lock.
pub(super) fn released(held: &Held) {
    contention::released(held);
}

/// The current thread starts to wait for a lock, until the result is dropped.
pub(super) fn waits_for<'a>(
    contended: Contended<'a>,
    place: &'static Location<'static>,
    awaited: &'a dyn EndedBy,
) -> LockWait<'a> {
    LockWait::begin(contended, place, awaited)
}

/// The holders of a lock change, for which threads wait because of an acquisition at that place.
pub(super) fn hands_over(contended: Contended<'_>, culprit: Option<&'static Location<'static>>) {
    contended.charge(culprit);
}

/// A task of the current thread starts to wait, for what `awaited` ends if that is known.
pub(super) fn wait_begins(task: TaskId, wait: &WaitInfo, awaited: Option<&dyn EndedBy>) {
    recorder::wait_begins(task, wait, awaited);
    explored::note(|| Step {
        act: Act::Waits(wait.operation.name()),
        object: wait.instance.map(|(_, created)| {
            let name = wait.lock;
            object(Class { name, created })
        }),
        place: Some(wait.place),
    });
}

/// The wait is over.
pub(super) fn wait_ends(task: TaskId, wait: &WaitInfo) {
    recorder::wait_ends(task, wait);
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

/// The wait of the current thread that began last is for a change of the word.
pub(crate) fn awaits(word: &AtomicU32) {
    recorder::awaits(word);
}

/// The current thread has changed the word, and wakes all that sleep until then.
pub(crate) fn wakes(word: &AtomicU32) {
    recorder::wakes(word);
}

/// The current thread is about to start that one.
pub(crate) fn thread_starts(thread: TaskId) {
    recorder::thread_starts(thread);
}

/// The current thread, which was started by threadkit, begins.
pub(crate) fn thread_begins() {
    recorder::thread_begins();
}

/// The current thread, which was started by threadkit, is about to end.
pub(crate) fn thread_ends() {
    recorder::thread_ends();
}

/// The current thread runs a task of a pool, with that name, until the result is dropped.
pub(crate) fn task_begins(name: &'static str) -> RunsTask {
    recorder::task_begins(name);
    RunsTask(())
}

/// See [`task_begins`].
pub(crate) struct RunsTask(());

impl Drop for RunsTask {
    fn drop(&mut self) {
        recorder::task_ends();
    }
}
