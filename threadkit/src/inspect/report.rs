//! Reports of waits that would never end.

use core::panic::Location;
use std::io::{self, Write};

use crate::backend;

/// Panics with a report of a wait that would never end.
///
/// While the thread unwinds this only prints the report, because a second panic would end the process. The thread then
/// hangs.
#[cold]
#[track_caller]
pub(crate) fn refuse(report: &str) {
    if !backend::is_unwinding() {
        panic!("{report}");
    }
    tell(&format!("{report} (at {})", Location::caller()));
}

/// Prints to standard error. Not by `eprintln!`, which panics if standard error is closed.
#[cold]
pub(super) fn tell(report: &str) {
    let _ = writeln!(io::stderr(), "{report}");
}
