//! Whose turn it is: the id of the running task, and the points at which it may be switched.

use core::cell::Cell;
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::random::random_below;
use super::{explored, jitter, os_thread};

/// Names one task of this process; never given out twice.
///
/// A thread is a task for as long as it lives. A reentrant lock belongs to a task and not to a
/// thread, so that a task run in the midst of another on the same thread does not share its locks.
pub(crate) type TaskId = NonZeroU64;

/// The id of the main thread of the process, reserved for it whether or not it has asked.
pub(crate) const MAIN_TASK: TaskId = NonZeroU64::MIN;

/// Whether the main thread has its id. So no other is ever given it, whatever the system says about
/// which thread is the main one.
static MAIN_ASKED: AtomicBool = AtomicBool::new(false);

/// The next id to give out. At a billion a second it lasts for five hundred years.
static NEXT: AtomicU64 = AtomicU64::new(2);

thread_local! {
    // No destructor: locks may be taken while other thread-locals are being destroyed.
    static CURRENT: Cell<Option<TaskId>> = const { Cell::new(None) };
}

/// The id of the running task; a thread that has none yet is given one.
#[inline]
pub(crate) fn task_id() -> TaskId {
    match CURRENT.get() {
        Some(id) => id,
        None => first_task_id(),
    }
}

#[cold]
fn first_task_id() -> TaskId {
    // Relaxed: only that one swap of all finds `false` counts.
    let is_main = os_thread::is_main() && !MAIN_ASKED.swap(true, Ordering::Relaxed);
    let id = if is_main { MAIN_TASK } else { new_task_id() };
    CURRENT.set(Some(id));
    id
}

/// Makes an id for a task that is about to be started.
pub(crate) fn new_task_id() -> TaskId {
    // Relaxed: only the uniqueness of the number counts.
    NonZeroU64::new(NEXT.fetch_add(1, Ordering::Relaxed)).expect("ids count up from two")
}

/// Makes `id` the running task of this thread.
pub(crate) fn adopt_task_id(id: TaskId) {
    CURRENT.set(Some(id));
}

/// Which run of all explorations this is, if it is one.
pub(crate) fn run_number() -> Option<NonZeroU64> {
    explored::here().map(|current| current.run())
}

/// A place at which another task may get its turn. Every operation that other tasks can observe
/// begins with one.
#[inline(always)]
pub(crate) fn yield_point() {
    match explored::here() {
        Some(current) => current.yield_point(),
        None => jitter::yield_point(),
    }
}

/// A number below `bound`, which is not zero: a random one, or a choice of the exploration, which is
/// part of its schedule.
pub(crate) fn choice_below(bound: usize) -> usize {
    match explored::here() {
        Some(current) => current.pick(bound),
        None => random_below(bound),
    }
}
