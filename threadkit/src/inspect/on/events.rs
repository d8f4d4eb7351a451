//! The events of locks and waits, passed on to everything that needs them.
//!
//! Tags, waits and waiters call these functions. Everything that is computed from the events is called from here and
//! from nowhere else. Nothing here takes an instrumented lock, runs code of the user, or panics.

use core::panic::Location;
use core::sync::atomic::AtomicU32;

use super::class::Class;
pub(super) use super::clock::now;
use super::clock::{self, wants_times};
use super::contention::{Contended, LockWait};
use super::holds::{self, Form, Held, Record};
use super::static_ref::StaticRef;
use super::{contention, order, recorder};
use crate::backend::explored::{self, Act, Object, ShownValue, Step, StepValue, Subject};
use crate::backend::{self, Side, Site, TaskId};
use crate::identity;
use crate::inspect::ours::is_ours;
use crate::inspect::{EndedBy, WaitInfo};

/// The current thread is about to wait for a lock without a limit. If it held the lock already, it was refused before.
pub(super) fn acquiring(wanted: &Held) {
    if let Some(mine) = holds::mine()
        && mine.is_any(mine.state())
    {
        order::acquiring(wanted, mine);
    }
}

/// The current thread has acquired a lock. Returns its record, if it has one.
#[inline(always)]
pub(super) fn acquired(held: &Held) -> Option<&'static Record> {
    explored::note(|| Step {
        about: Some(lock_at(held.lock, *held.class)),
        // A lock that is acquired again inside of a wait has no place of its own in the program.
        place: Some(held.place).filter(|place| !is_ours(place)),
        ..Step::new(Act::Acquires(held.side.map_or("acquires", Side::verb)))
    });
    let record = holds::mine();
    if let Some(mine) = record {
        let state = mine.state();
        match mine.is_any(state) {
            true => acquired_under_others(held, mine),
            false => mine.push(state, held),
        }
    }
    record
}

/// The same, where locks take their fast path, of a lock without sides that was acquired by a form that waits without a
/// limit. `None` if [`acquired`] is to be called instead, because the thread holds others, or acquires the lock for a
/// method.
#[inline(always)]
pub(super) fn acquired_alone(
    lock: usize,
    number: u64,
    class: &StaticRef<Class>,
    place: &'static Location<'static>,
) -> Option<&'static Record> {
    match holds::known() {
        Some(mine) if mine.push_alone(lock, number, class, place) => Some(mine),
        _ => None,
    }
}

fn acquired_under_others(held: &Held, mine: &Record) {
    // If the thread has waited, this was seen before.
    if matches!(held.form, Form::Waits) {
        order::acquiring(held, mine);
    }
    mine.push(mine.state(), held);
    order::acquired();
}

/// The current thread has acquired a lock again that it gave up for a wait, which it began at that place.
pub(super) fn reacquired(lock: usize, place: &'static Location<'static>) {
    if let Some(mine) = holds::known() {
        mine.move_to(lock, place);
    }
}

/// The current thread, with that record, releases a lock by `unlock`.
#[inline(always)]
pub(super) fn releases(
    record: Option<&Record>,
    lock: usize,
    side: Option<Side>,
    unlock: impl FnOnce(),
) {
    let Some(mine) = record else {
        return unlock();
    };
    if wants_times() || explored::here().is_some() {
        return releases_and_tells(mine, lock, side, unlock);
    }
    mine.remove(lock, side);
    unlock();
}

#[cold]
fn releases_and_tells(mine: &Record, lock: usize, side: Option<Side>, unlock: impl FnOnce()) {
    let held = mine.take(lock, side);
    if let Some(held) = &held {
        recorder::released(held);
    }
    unlock();
    if let Some(held) = &held {
        contention::released(held);
        // Not before: other tasks may have found the lock held until then.
        explored::note(|| Step {
            about: Some(lock_at(lock, *held.class)),
            ..Step::new(Act::Releases)
        });
    }
}

/// The current thread has tried to acquire a lock, which others hold.
pub(super) fn tried(lock: usize, class: Class, place: &'static Location<'static>) {
    explored::note(|| Step {
        about: Some(lock_at(lock, class)),
        value: Some(StepValue::Newest(ShownValue::Word("held"))),
        place: Some(place),
        ..Step::new(Act::Does("tries"))
    });
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
        about: wait.instance.map_or(wait.about, |(lock, created)| {
            let name = wait.lock;
            Some(lock_at(lock, Class { name, created }))
        }),
        place: Some(wait.place),
        ..Step::new(Act::Waits(wait.operation.name()))
    });
}

/// The wait is over.
pub(super) fn wait_ends(task: TaskId, wait: &WaitInfo) {
    recorder::wait_ends(task, wait);
    explored::note(|| Step::new(Act::GoesOn));
    note_running();
}

/// Notes that the current task runs from now on.
fn note_running() {
    // The clock of an exploration goes on as the scheduler chooses.
    if explored::here().is_none() {
        identity::note_running(clock::read());
    }
}

fn lock_at(at: usize, Class { name, created }: Class) -> Subject {
    Subject::Object(Object {
        kind: "a lock",
        name,
        made: created,
        at,
    })
}

/// The wait of the current thread that began last is for a change of the word.
pub(crate) fn awaits(word: &AtomicU32) {
    recorder::awaits(word);
    if let Some(task) = explored::here() {
        task.awaits(address(word));
    }
}

/// The current thread has changed the word, and wakes all that sleep until then.
pub(crate) fn wakes(word: &AtomicU32) {
    recorder::wakes(word);
    if let Some(task) = explored::here() {
        task.wakes(address(word));
    }
}

fn address(word: &AtomicU32) -> usize {
    core::ptr::from_ref(word).addr()
}

/// The current thread is about to start that one.
pub(crate) fn thread_starts(thread: TaskId) {
    recorder::thread_starts(thread);
}

/// The current thread, which was started by threadkit, begins.
pub(crate) fn thread_begins() {
    recorder::thread_begins();
    note_running();
    if let Some(task) = explored::here() {
        task.is_thread(backend::task_id());
    }
}

/// The current thread, which was started by threadkit, is about to end.
pub(crate) fn thread_ends() {
    explored::note(|| Step::new(Act::Ends));
    recorder::thread_ends();
}

/// The current thread runs a task of a pool, with that name, until the result is dropped.
pub(crate) fn task_begins<'a>(name: &'static str, task: &'a Site) -> RunsTask<'a> {
    recorder::task_begins(name);
    note_task("begins", task);
    RunsTask(task)
}

/// See [`task_begins`].
pub(crate) struct RunsTask<'a>(&'a Site);

impl Drop for RunsTask<'_> {
    fn drop(&mut self) {
        recorder::task_ends();
        note_task("ends", self.0);
    }
}

fn note_task(verb: &'static str, task: &Site) {
    explored::note(|| Step {
        about: task.object().map(Subject::Object),
        ..Step::new(Act::Does(verb))
    });
}
