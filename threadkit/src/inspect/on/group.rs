//! Threads that belong together.

use core::panic::Location;
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::Arc;

use super::forked;
use super::waits::Call;
use crate::backend::{self, QuietSpinMutex, TaskId};
use crate::inspect::GroupKind;
use crate::inspect::snapshot::GroupSeen;
use crate::table::Table;

/// Threads that belong together: it is in the list of all groups until it is dropped.
#[derive(Debug)]
pub(crate) struct Group {
    number: u64,
    record: Arc<Record>,
}

#[derive(Debug)]
struct Record {
    kind: GroupKind,
    name: Option<Arc<str>>,
    place: &'static Location<'static>,
    maker: TaskId,
    members: QuietSpinMutex<Table<TaskId, ()>>,
    pending: AtomicUsize,
    new: AtomicUsize,
}

impl Record {
    fn change_members(&self, change: impl FnOnce(&mut Table<TaskId, ()>)) {
        if let Some(mut members) = forked::lock(&self.members) {
            change(&mut members);
        }
    }
}

/// All groups, in the order in which they were made. Locked for one operation.
static GROUPS: QuietSpinMutex<Table<u64, Arc<Record>>> = QuietSpinMutex::new(Table::new());

impl Group {
    /// A group that the current task makes.
    pub(crate) fn new(kind: GroupKind, name: Option<&Arc<str>>, made: Call) -> Self {
        /// A 64-bit counter does not overflow in the lifetime of a process.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // Relaxed: only the uniqueness of the number matters.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let record = Arc::new(Record {
            kind,
            name: name.cloned(),
            place: made.place(),
            maker: backend::task_id(),
            members: QuietSpinMutex::new(Table::new()),
            pending: AtomicUsize::new(0),
            new: AtomicUsize::new(0),
        });
        if let Some(mut groups) = forked::lock(&GROUPS) {
            groups.insert(number, Arc::clone(&record));
        }
        Self { number, record }
    }

    pub(crate) fn admit(&self, task: TaskId) {
        self.record
            .change_members(|members| _ = members.insert(task, ()));
    }

    /// Admits the current task until the result is dropped.
    pub(crate) fn admit_current(&self) -> Membership {
        let task = backend::task_id();
        self.admit(task);
        Membership {
            record: Arc::clone(&self.record),
            task,
        }
    }

    pub(crate) fn dismiss(&self, task: TaskId) {
        self.record
            .change_members(|members| _ = members.remove(task));
    }

    pub(crate) fn note_pending(&self, pending: usize) {
        // Relaxed: a dump may be a little late.
        self.record.pending.store(pending, Ordering::Relaxed);
    }

    /// Those that were not noted as pending yet.
    pub(crate) fn note_new(&self, new: usize) {
        self.record.new.store(new, Ordering::Relaxed);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _removed = forked::lock(&GROUPS).and_then(|mut groups| groups.remove(self.number));
    }
}

/// Ends the membership of a task.
pub(crate) struct Membership {
    record: Arc<Record>,
    task: TaskId,
}

impl Drop for Membership {
    fn drop(&mut self) {
        (self.record).change_members(|members| _ = members.remove(self.task));
    }
}

/// All groups, if their list can be read within that time each.
pub(super) fn all(patience: Duration) -> Option<Vec<GroupSeen>> {
    let mut records = Vec::new();
    for (_, record) in forked::lock_within(&GROUPS, patience)?.iter() {
        records.push(Arc::clone(record));
    }
    let mut all = Vec::new();
    for record in &records {
        let members = forked::lock_within(&record.members, patience)?;
        all.push(GroupSeen {
            kind: record.kind,
            name: record.name.clone(),
            place: record.place,
            maker: record.maker,
            members: members.iter().map(|(task, ())| *task).collect(),
            pending: record.pending.load(Ordering::Relaxed) + record.new.load(Ordering::Relaxed),
        });
    }
    Some(all)
}

/// A fact that turns true once.
#[derive(Debug)]
pub(crate) struct Flag(AtomicBool);

impl Flag {
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    pub(crate) fn set(&self) {
        // Relaxed: a dump may be a little late.
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
