//! Reports of waits that would never end.

use core::panic::Location;
use std::fs::File;
use std::io::{self, Write};

use super::printable::printable;
use crate::backend;

/// Panics with a report of a wait that would never end.
///
/// While the thread unwinds this only prints the report, because a second panic would end the process. The thread then
/// hangs.
#[cold]
#[track_caller]
pub(crate) fn refuse(report: &str) {
    if !backend::is_unwinding() {
        panic!("{}", printable(report));
    }
    tell(&format!("{report} (at {})", Location::caller()));
}

/// Prints to standard error.
///
/// Not by `eprintln!`, which panics if standard error is closed, and not under the lock of std, which a thread that
/// hangs may hold.
#[cold]
pub(crate) fn tell(report: &str) {
    let text = for_stderr(format!("{}\n", printable(report)));
    let written = match unlocked_stderr() {
        Ok(mut stderr) => stderr.write_all(text.as_bytes()),
        Err(_) => io::stderr().write_all(text.as_bytes()),
    };
    // The error is ignored: there is no other place to report it.
    let _ = written;
}

#[cfg(not(windows))]
fn for_stderr(text: String) -> String {
    text
}

/// A console takes bytes in its own code page. Only std's stream converts them, under its lock. So names are written
/// with their letters outside of ASCII as numbers.
#[cfg(windows)]
fn for_stderr(text: String) -> String {
    use std::io::IsTerminal;
    if text.is_ascii() || !io::stderr().is_terminal() {
        return text;
    }
    let letter = |letter: char| match letter.is_ascii() {
        true => letter.to_string(),
        false => letter.escape_unicode().to_string(),
    };
    text.chars().map(letter).collect()
}

#[cfg(unix)]
fn unlocked_stderr() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stderr().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn unlocked_stderr() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(File::from(io::stderr().as_handle().try_clone_to_owned()?))
}

#[cfg(not(any(unix, windows)))]
fn unlocked_stderr() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}
