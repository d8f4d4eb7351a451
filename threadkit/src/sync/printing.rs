//! Printing of a value that contains its own lock.

use crate::backend::{self, QuietMutex, TaskId};

/// Which task prints which locks. Needed for locks that their holder can acquire again.
static PRINTED: QuietMutex<Vec<(TaskId, usize)>> = QuietMutex::new(Vec::new());

/// While this lives, the current task prints that lock.
pub(super) struct Printing {
    what: (TaskId, usize),
}

impl Printing {
    /// `None` if the current task prints that lock already.
    pub(super) fn begin<L: ?Sized>(lock: &L) -> Option<Self> {
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
