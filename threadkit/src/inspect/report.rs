//! Reporting a wait that would never end.

use core::panic::Location;
use std::io::{self, Write};

use crate::backend;

/// Refuses a wait that would never end, by a panic.
///
/// A thread that unwinds is only told on standard error, because a second panic would end the process;
/// it then waits in vain.
#[cold]
#[track_caller]
pub(crate) fn refuse(report: &str) {
    if !backend::is_unwinding() {
        panic!("{report}");
    }
    tell(&format!("{report} (at {})", Location::caller()));
}

/// Says something on standard error; not by `eprintln!`, which panics when nobody reads.
#[cold]
pub(super) fn tell(report: &str) {
    let _ = writeln!(io::stderr(), "{report}");
}
