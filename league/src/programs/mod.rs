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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::all;
    use crate::program::Fault;

    #[test]
    fn every_program_has_a_name_of_its_own() {
        let names: HashSet<_> = all().iter().map(|program| program.name).collect();
        assert_eq!(names.len(), all().len());
    }

    #[test]
    fn there_are_programs_with_and_without_a_fault() {
        let (correct, faulty): (Vec<_>, Vec<_>) =
            (all().into_iter()).partition(|program| program.fault == Fault::None);
        assert!(correct.len() >= 15, "{}", correct.len());
        assert!(faulty.len() >= 60, "{}", faulty.len());
    }
}
