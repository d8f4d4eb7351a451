//! The id of the running task, and the points at which another task may run.

use core::cell::Cell;
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::explored::{Access, ShownValue};
use super::random::random_below;
use super::{explored, jitter, os_thread};

use crate::local::local;

/// The id of a task of this process, which is never used twice.
///
/// A thread is a task for as long as it lives. A task of a pool that interrupts another task on the same thread has an
/// id of its own. Reentrant locks belong to tasks and not to threads, so these two do not share their locks.
pub(crate) type TaskId = NonZeroU64;

/// The id of the main thread of the process, which is reserved for it from the start.
pub(crate) const MAIN_TASK: TaskId = NonZeroU64::MIN;

/// Whether the main thread has got its id. So no second thread gets it, even if the system names another main thread.
static MAIN_ASKED: AtomicBool = AtomicBool::new(false);

/// The next id. A 64-bit counter does not overflow in the lifetime of a process.
static NEXT: AtomicU64 = AtomicU64::new(2);

local! {
    // No destructor: locks may be taken while other thread-locals are being destroyed.
    static CURRENT: Cell<Option<TaskId>> = const { Cell::new(None) };
}

/// The id of the running task. A thread that has none yet gets one.
#[inline]
pub(crate) fn task_id() -> TaskId {
    // With fewer calls than `get` in a debug build.
    match CURRENT.try_with(Cell::get) {
        Ok(Some(id)) => id,
        _ => first_task_id(),
    }
}

#[cold]
fn first_task_id() -> TaskId {
    // Relaxed: it only matters that one swap of all finds `false`.
    let is_main = os_thread::is_main() && !MAIN_ASKED.swap(true, Ordering::Relaxed);
    let id = if is_main { MAIN_TASK } else { new_task_id() };
    CURRENT.set(Some(id));
    id
}

/// Makes an id for a task that is about to be started.
pub(crate) fn new_task_id() -> TaskId {
    // Relaxed: only the uniqueness of the number matters.
    NonZeroU64::new(NEXT.fetch_add(1, Ordering::Relaxed)).expect("ids count up from two")
}

/// Makes `id` the running task of this thread.
pub(crate) fn adopt_task_id(id: TaskId) {
    CURRENT.set(Some(id));
}

/// The number of the current run among those of all explorations; `None` outside of one.
pub(crate) fn run_number() -> Option<NonZeroU64> {
    explored::here().map(|current| current.run())
}

/// A point at which another task may run. Every operation that other tasks can observe begins with one.
#[inline(always)]
pub(crate) fn yield_point() {
    yield_before(Access::ANY);
}

/// The same, before an operation with this access and no other.
#[inline(always)]
pub(crate) fn yield_before(access: Access) {
    match explored::here() {
        Some(current) => current.yield_before(access),
        None => jitter::yield_point(),
    }
}

/// Tells an exploration what the step that began last uses, in addition to the access given at its beginning.
#[inline(always)]
pub(crate) fn also_uses(access: Access) {
    if let Some(current) = explored::here() {
        current.also_uses(access);
    }
}

/// Tells an exploration whether the step that began last has changed nothing, although it might have.
#[inline(always)]
pub(crate) fn has_changed_nothing_if(is_same: impl FnOnce() -> bool) {
    if let Some(current) = explored::here()
        && is_same()
    {
        current.has_changed_nothing();
    }
}

/// Tells an exploration what an object has as its value after the step that began last.
#[inline(always)]
pub(crate) fn leaves(value: impl FnOnce() -> Option<ShownValue>) {
    if let Some(current) = explored::here()
        && let Some(value) = value()
    {
        current.leaves(value);
    }
}

/// A number below `bound`, which is not zero: random, or chosen by the exploration as a part of its schedule.
pub(crate) fn choice_below(bound: usize) -> usize {
    match explored::here() {
        Some(current) => current.pick(bound),
        None => random_below(bound),
    }
}
