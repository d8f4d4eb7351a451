//! What is known of all threads at one moment: nothing.

use crate::inspect::Snapshot;

/// What is known of the waits and locks of all threads.
pub(crate) fn snapshot() -> Snapshot {
    Snapshot {
        is_complete: true,
        ..Snapshot::default()
    }
}
