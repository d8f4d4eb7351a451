//! What is recorded.

use core::mem;
use core::sync::atomic::{AtomicU32, Ordering};

use super::super::holds::Held;
use super::log::{OpenWait, hold};
use super::thread_logs::record;
use crate::backend::TaskId;
use crate::inspect::recorded::RecordedEvent;
use crate::inspect::{EndedBy, Enders, WaitInfo};

pub(in crate::inspect::form) fn wait_begins(
    task: TaskId,
    wait: &WaitInfo,
    awaited: Option<&dyn EndedBy>,
) {
    let mut whom = None;
    let mut is_known = false;
    record(|_, written, began| {
        if !mem::replace(&mut is_known, true) {
            whom = match awaited {
                Some(awaited) if wait.instance.is_none() => first_ender(awaited),
                _ => wait.holder,
            };
        }
        written.waits.push(OpenWait {
            task,
            began,
            info: *wait,
            whom,
            word: 0,
        });
    });
}

fn first_ender(awaited: &dyn EndedBy) -> Option<TaskId> {
    match awaited.enders() {
        Enders::All(all) => all.first().map(|ender| ender.task),
        _ => None,
    }
}

pub(in crate::inspect::form) fn wait_ends(task: TaskId, wait: &WaitInfo) {
    record(|log, written, ended| {
        // A wait that is not there began before the recording.
        let wait = match written.waits.pop_if(|open| open.task == task) {
            Some(open) => open,
            None => OpenWait {
                task,
                began: 0,
                info: *wait,
                whom: wait.holder,
                word: 0,
            },
        };
        log.write(written, wait.event(ended));
    });
}

pub(in crate::inspect::form) fn awaits(word: &AtomicU32) {
    record(|_, written, _| {
        if let Some(wait) = written.waits.last_mut() {
            wait.word = address(word);
        }
    });
}

pub(in crate::inspect::form) fn wakes(word: &AtomicU32) {
    let word = address(word);
    record(|log, written, at| log.write(written, RecordedEvent::Wakes { at, word }));
}

fn address(word: &AtomicU32) -> usize {
    core::ptr::from_ref(word).addr()
}

pub(in crate::inspect::form) fn released(held: &Held) {
    record(|log, written, ended| log.write(written, hold(held, ended, &log.session)));
}

pub(in crate::inspect::form) fn thread_starts(thread: TaskId) {
    record(|log, written, at| log.write(written, RecordedEvent::Starts { at, thread }));
}

pub(in crate::inspect::form) fn thread_begins() {
    // A thread that begins with the recording did not begin before it.
    record(|log, _, at| log.row.began.store(at.max(1), Ordering::Relaxed));
}

pub(in crate::inspect::form) fn thread_ends() {
    record(|log, _, at| {
        log.row.look_up_name();
        log.row.ended.store(at.max(1), Ordering::Relaxed);
    });
}

pub(in crate::inspect::form) fn task_begins(name: &'static str) {
    record(|_, written, began| written.tasks.push((began, name)));
}

pub(in crate::inspect::form) fn task_ends() {
    record(|log, written, ended| {
        // A task that is not there began before the recording, and it cannot be said which.
        if let Some((began, name)) = written.tasks.pop() {
            log.write(written, RecordedEvent::Task { began, ended, name });
        }
    });
}
