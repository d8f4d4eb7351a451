//! A value that contains its own lock prints to an end.

use crate::backend::{self, QuietMutex, TaskId};

/// Which task prints which locks, for locks that their holder can enter again.
static PRINTED: QuietMutex<Vec<(TaskId, usize)>> = QuietMutex::new(Vec::new());

/// The current task prints that lock, until this is dropped.
pub(super) struct Printing {
    what: (TaskId, usize),
}

impl Printing {
    /// `None` if it is in the midst of that already.
    pub(super) fn begin<L: ?Sized>(lock: &L) -> Option<Self> {
        let address = core::ptr::from_ref(lock).cast::<()>().addr();
        let what = (backend::task_id(), address);
        let mut printed = PRINTED.lock();
        // Not made at all for the second time: its end would be that of the first.
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
