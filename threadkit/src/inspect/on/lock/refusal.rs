//! Acquisitions that could never end: they are refused.

use core::ptr;
use core::sync::atomic::Ordering;

use super::super::holds;
use super::super::method;
use super::tag::LockTag;
use crate::backend::{self, Side, TaskId};
use crate::identity;
use crate::inspect::report::refuse;

impl LockTag {
    /// For a caller that has better `advice` than a lock has, for the methods that hold the lock and want it. To be
    /// called before the lock is acquired.
    ///
    /// # Panics
    ///
    /// As [`acquire`](Self::acquire).
    #[inline]
    #[track_caller]
    pub(crate) fn refuse_reentry(&self, advice: impl FnOnce(Option<&str>, Option<&str>) -> String) {
        self.refuse_reentry_in(None, advice);
    }

    /// The same, for a thread that wants that side of the lock.
    #[inline]
    #[track_caller]
    pub(super) fn refuse_reentry_in(
        &self,
        side: Option<Side>,
        advice: impl FnOnce(Option<&str>, Option<&str>) -> String,
    ) {
        if self.holder.load(Ordering::Relaxed) == backend::task_id().get() {
            let (holder, wanting) = (self.method(), method::current());
            self.report_self_deadlock(side, &advice(holder.copied(), wanting.copied()));
        }
    }

    /// # Panics
    ///
    /// If the `holder` of the lock is a task that this one interrupts on the same thread. That task does not go
    /// on before this one ends, so this one would wait for ever. The same applies if it is a task that has ended on
    /// this thread: its guard is still there, and no other thread can release it.
    #[cold]
    #[track_caller]
    pub(crate) fn refuse_if_held_below(&self, holder: Option<TaskId>) {
        // What the task holds itself was refused before.
        let Some(holder) = holder.filter(|holder| *holder != backend::task_id()) else {
            return;
        };
        if self.is_left_behind(holder) {
            refuse(&format!(
                "thread {} acquires {}, held{} by a task that ran on the same thread and has ended without \
                 releasing it: drop the guard in the task that made it",
                thread_name(),
                self.describe_as_lock(),
                self.since(),
            ));
        }
        if !identity::runs_here(holder) {
            return;
        }
        refuse(&format!(
            "task on {} acquires {}, held{} by {}, which waits for this very task: release the \
             lock before waiting for a task that needs it",
            thread_name(),
            self.describe_as_lock(),
            self.since(),
            name_of(holder),
        ));
    }

    /// Whether the lock is held by that task, which ran on this thread and has ended.
    ///
    /// If that task ran here, its actions are in the order of this thread. So this finds the task as the holder only if
    /// its guard was not dropped. Nothing else runs on this thread meanwhile, so the record is not that of a later
    /// holder.
    fn is_left_behind(&self, holder: TaskId) -> bool {
        // Acquire: the record is not older than the holder.
        self.holder.load(Ordering::Acquire) == holder.get()
            && self
                .record
                .get()
                .zip(holds::known())
                .is_some_and(|(its, mine)| ptr::eq(its, mine))
            && !identity::runs_here(holder)
            && identity::find(holder).is_none()
    }

    #[cold]
    #[track_caller]
    fn report_self_deadlock(&self, side: Option<Side>, advice: &str) {
        let lock = self.describe_as_lock();
        let acquires = match side {
            Some(side) => side.acquires(&lock),
            None => format!("acquires {lock}"),
        };
        refuse(&format!(
            "thread {} {acquires}{}, which it already holds{}; {advice}",
            thread_name(),
            method::in_words(method::take()),
            self.since(),
        ));
    }
}

/// What a task should do that holds a lock already, and wants it again. Where the attributes of two functions acquire
/// it, no guard can be released before.
pub(crate) fn advise(
    fact: &str,
    advice: &str,
    holder: Option<&str>,
    wanting: Option<&str>,
) -> String {
    match (holder, wanting) {
        (Some(holder), Some(_)) => format!(
            "{fact}: let `{holder}` call a function without `#[synchronized]`, and pass on what the guard gives"
        ),
        _ => format!(
            "{fact}: {advice}. A guard made in the head of a `match` or `if let` lives to its end"
        ),
    }
}

/// What to call the current thread in reports.
pub(crate) fn thread_name() -> String {
    let name = identity::current().map(|identity| identity.name().to_string());
    match name.or_else(backend::current_os_name) {
        Some(name) => format!("`{name}`"),
        None => name_of(backend::task_id()),
    }
}

/// What to call a thread or a task in reports: its number, if it has no name that is known here.
fn name_of(task: TaskId) -> String {
    match identity::find(task) {
        Some(identity) => format!("`{}`", identity.name()),
        None => format!("number {task}"),
    }
}
