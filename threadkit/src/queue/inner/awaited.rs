//! What threads wait for at a queue, in reports.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::inspect::{EndedBy, Enders};

/// What a thread waits for that waits for an item: a put, or the end of the producers, whose number this is.
pub(super) struct AnItem<'a>(pub(super) &'a AtomicUsize);

impl EndedBy for AnItem<'_> {
    fn enders(&self) -> Enders {
        Enders::Anyone
    }

    fn describe(&self) -> Option<String> {
        Some(match self.0.load(Ordering::Relaxed) {
            0 => "an item or a `shutdown()`".to_owned(),
            1 => "an item or the end of 1 producer".to_owned(),
            producers => format!("an item or the end of {producers} producers"),
        })
    }
}

/// What a thread waits for that waits until all items are done.
pub(super) struct TheEnd<'a> {
    /// How many items were put when the wait began.
    pub(super) put: usize,
    pub(super) taken: &'a AtomicUsize,
    pub(super) done: &'a AtomicUsize,
}

impl EndedBy for TheEnd<'_> {
    fn enders(&self) -> Enders {
        Enders::Anyone
    }

    fn describe(&self) -> Option<String> {
        // Relaxed: the numbers may be old at once.
        let done = self.done.load(Ordering::Relaxed);
        let taken = self.taken.load(Ordering::Relaxed);
        let left = self.put.saturating_sub(done);
        let there = self.put.saturating_sub(taken).min(left);
        let items = match left {
            1 => "1 item that is not done",
            _ => &format!("{left} items that are not done"),
        };
        Some(match (there, left - there) {
            (_, 0) => format!("{items}, and that no thread has taken"),
            (0, _) => format!("{items}, although taken: is there a `task_done()` for each?"),
            (_, taken) => format!("{items}: {there} in the queue, {taken} taken"),
        })
    }
}
