//! The threads of a recording that has ended.

use core::ops::RangeInclusive;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use super::super::holds::Held;
use super::log::{OpenWait, Row};
use crate::backend::{MAIN_TASK, TaskId};
use crate::identity;
use crate::inspect::WaitInfo;
use crate::inspect::recorded::{RecordedEvent, RecordedThread};
use crate::table::Table;

/// The threads of a recording that has ended.
pub(super) struct Threads(pub(super) Table<TaskId, Thread>);

pub(super) struct Thread {
    row: Arc<Row>,
    pub(super) events: Vec<RecordedEvent>,
    /// Its tasks that were waiting when the recording ended, with waits that are among the events.
    pub(super) open: Vec<TaskId>,
}

impl Threads {
    fn get_or_insert_with(&mut self, id: TaskId, make: impl FnOnce() -> Thread) -> &mut Thread {
        if self.0.get_mut(id).is_none() {
            self.0.insert(id, make());
        }
        match self.0.get_mut(id) {
            Some(thread) => thread,
            None => unreachable!("it was inserted just now"),
        }
    }

    pub(super) fn of(&mut self, row: &Arc<Row>) -> &mut Thread {
        self.get_or_insert_with(row.id, || Thread {
            row: Arc::clone(row),
            events: Vec::new(),
            open: Vec::new(),
        })
    }

    pub(super) fn with_id(&mut self, id: TaskId) -> &mut Thread {
        self.get_or_insert_with(id, || {
            let known = identity::find(id).map(|identity| identity.name());
            let name = known.unwrap_or_else(|| match id {
                MAIN_TASK => "main".into(),
                _ => format!("thread {id}").into(),
            });
            Thread {
                row: Arc::new(Row::new(id, name)),
                events: Vec::new(),
                open: Vec::new(),
            }
        })
    }
}

impl Thread {
    /// Adds a wait that was seen at the beginning of `end`, unless the thread has written it.
    pub(super) fn add_wait(&mut self, task: TaskId, info: WaitInfo, end: RangeInclusive<u64>) {
        let is_written = |event: &RecordedEvent| {
            matches!(event, RecordedEvent::Wait { ended, operation, place, .. }
                if ended >= end.start() && *operation == info.operation.name() && *place == info.place)
        };
        if !self.open.contains(&task) && !self.events.iter().rev().any(is_written) {
            let wait = OpenWait {
                task,
                began: 0,
                info,
                whom: info.holder,
                word: 0,
            };
            self.events.push(wait.event(*end.end()));
        }
    }

    /// The same of a lock that it held.
    pub(super) fn add_hold(&mut self, held: &Held, event: RecordedEvent, looked: u64) {
        let is_written = |event: &RecordedEvent| {
            matches!(event, RecordedEvent::Hold { ended, lock, side, .. }
                if *ended >= looked && lock.address == held.lock && *side == held.side)
        };
        if !self.events.iter().rev().any(is_written) {
            self.events.push(event);
        }
    }

    pub(super) fn recorded(self) -> RecordedThread {
        let time = |time: &AtomicU64| Some(time.load(Ordering::Relaxed)).filter(|time| *time > 0);
        RecordedThread {
            id: self.row.id,
            name: Arc::clone(&self.row.name.lock()),
            began: time(&self.row.began),
            ended: time(&self.row.ended),
            known_from: time(&self.row.known_from).unwrap_or(0),
            events: self.events,
        }
    }
}
