//! [`Deadlock`].

use core::fmt;

use super::printable::printable;

/// Threads that can never go on.
///
/// [`Policy::Call`](super::Policy::Call) passes it to its function. Its `Display` is the report, which the
/// [module](super) shows.
///
/// # Examples
///
/// ```no_run
/// use threadkit::inspect::{Deadlock, Policy, on_deadlock};
///
/// fn log(deadlock: &Deadlock) {
///     for thread in deadlock.threads() {
///         println!("{thread} hangs");
///     }
/// }
///
/// on_deadlock(Policy::Call(log));
/// ```
#[derive(Clone, Debug)]
pub struct Deadlock {
    threads: Vec<String>,
    report: String,
}

impl Deadlock {
    #[cfg_attr(
        not(any(debug_assertions, feature = "inspect")),
        expect(dead_code, reason = "the form that compiles to nothing finds nothing")
    )]
    pub(super) fn new(threads: Vec<String>, report: String) -> Self {
        Self { threads, report }
    }

    /// The names of the threads, in the order of the report: first those that wait for each other.
    ///
    /// # Examples
    ///
    /// See [`Deadlock`].
    #[must_use]
    pub fn threads(&self) -> &[String] {
        &self.threads
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.report))
    }
}
