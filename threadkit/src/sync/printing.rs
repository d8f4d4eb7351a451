//! Printing of a value that contains its own lock.

use core::fmt::{Debug, DebugStruct};
use core::ops::Deref;

use crate::backend::{self, QuietMutex, TaskId};

/// Which task prints which locks. Needed for locks that their holder can acquire again.
static PRINTED: QuietMutex<Vec<(TaskId, usize)>> = QuietMutex::new(Vec::new());

/// Prints the value of a lock, if `attempt` acquires it.
pub(super) fn print_value<L: ?Sized, G: Deref<Target: Debug>>(
    fields: &mut DebugStruct<'_, '_>,
    _lock: &L,
    attempt: impl FnOnce() -> Option<G>,
) {
    match attempt() {
        Some(value) => fields.field("value", &&*value),
        None => fields.field("value", &format_args!("<locked>")),
    };
}

/// The same for a lock that its holder can acquire again.
pub(super) fn print_value_once<L: ?Sized, G: Deref<Target: Debug>>(
    fields: &mut DebugStruct<'_, '_>,
    lock: &L,
    attempt: impl FnOnce() -> Option<G>,
) {
    match Printing::begin(lock) {
        None => _ = fields.field("value", &format_args!("<itself>")),
        Some(_printing) => print_value(fields, lock, attempt),
    }
}

/// While this lives, the current task prints that lock.
struct Printing {
    what: (TaskId, usize),
}

impl Printing {
    /// `None` if the current task prints that lock already.
    fn begin<L: ?Sized>(lock: &L) -> Option<Self> {
        let address = core::ptr::from_ref(lock).cast::<()>().addr();
        let what = (backend::task_id(), address);
        let mut printed = PRINTED.lock();
        // No second entry: its drop would remove the first.
        if printed.contains(&what) {
            return None;
        }
        printed.push(what);
        Some(Self { what })
    }
}

impl Drop for Printing {
    fn drop(&mut self) {
        PRINTED.lock().retain(|what| *what != self.what);
    }
}
