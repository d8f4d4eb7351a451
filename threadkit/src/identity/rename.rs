//! The name of a thread, here and for the operating system.

use std::sync::Arc;

use super::nested;
use super::registry::{self, Identity};
use crate::backend;

/// Renames a thread.
pub(crate) fn rename(thread: &Identity, name: Arc<str>) {
    thread.set_name(name);
    if backend::task_id() == thread.id() {
        // A nested task has no thread of its own, and its host keeps its name.
        if !nested::is_nested() {
            tell_system(thread, None);
        }
        return;
    }
    // The number of a thread that has ended may belong to another thread by now.
    let alive = registry::find(thread.id()).is_some();
    if let Some(native_id) = thread.native_id().filter(|_| alive) {
        tell_system(thread, Some(native_id));
    }
}

/// Called by a thread that begins: notes its native id, and tells the system its name if the system has
/// another one.
pub(super) fn begin(thread: &Identity) {
    thread.note_native_id();
    if thread.is_misnamed() {
        tell_system(thread, None);
    }
}

/// Tells the system the name of the thread, and repeats that if the thread was renamed in between:
/// another thread that renames it may have told the system first, and the system must get the last name
/// last.
fn tell_system(thread: &Identity, native_id: Option<u64>) {
    loop {
        let told = thread.name();
        backend::rename(&told, native_id);
        if Arc::ptr_eq(&told, &thread.name()) {
            return;
        }
    }
}
