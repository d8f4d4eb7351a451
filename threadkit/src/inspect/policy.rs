//! [`Policy`].

use super::deadlock::Deadlock;

/// What happens when a deadlock is found.
///
/// # Examples
///
/// ```
/// use threadkit::inspect::{Policy, on_deadlock};
///
/// // What else is done with errors of this program.
/// on_deadlock(Policy::Call(|deadlock| eprintln!("{} threads hang:\n{deadlock}", deadlock.threads().len())));
/// # on_deadlock(Policy::Report);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Policy {
    /// Nothing: no deadlock is looked for until a [dump](crate::dump()) is made, and no possible one is printed.
    Off,
    /// A report on standard error.
    Report,
    /// A report on standard error, and the end of the process by [`std::process::abort`].
    Abort,
    /// A call of this function, which runs on a thread of threadkit. A panic in it is caught. While it runs, no other
    /// deadlock is found, so it should not wait for what the stuck threads hold.
    Call(fn(&Deadlock)),
}
