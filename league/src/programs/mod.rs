//! The programs, each written once. Every explorer compiles them against its own `kit`.

mod correct;
mod goker;
mod memory;
mod rare;
mod rust;
mod sctbench;
mod timeouts;

use super::kit::{self, Handle};
use crate::program::Program;

/// All programs, in the order of the table.
pub(crate) fn all() -> Vec<Program> {
    [
        sctbench::PROGRAMS,
        goker::PROGRAMS,
        rust::PROGRAMS,
        rare::PROGRAMS,
        timeouts::PROGRAMS,
        memory::PROGRAMS,
        correct::PROGRAMS,
    ]
    .concat()
}

/// Waits for threads. All of them are started first.
#[track_caller]
fn join_all<T>(threads: impl IntoIterator<Item = Handle<T>>) {
    for thread in threads.into_iter().collect::<Vec<_>>() {
        thread.join();
    }
}
