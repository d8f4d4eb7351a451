//! Whether this thread runs under an exploration, and what then takes the place of the machine.
//!
//! An exploration runs a program's threads one at a time, on real threads of the operating system:
//! exactly one has the baton and runs, until it comes to a point at which another might have run. There
//! a chooser says who goes on. Nothing else about the threads is different, so thread-locals, panics
//! and other libraries are what they always are.
//!
//! Both forms of this room have the same functions. Without the feature `explore`, [`here`] always
//! says no and the rest compiles to nothing; with it, one look at a thread-local tells.

#[cfg(feature = "explore")]
#[path = "on.rs"]
mod form;
#[cfg(not(feature = "explore"))]
#[path = "off.rs"]
mod form;

#[cfg(feature = "explore")]
mod chooser;
#[cfg(feature = "explore")]
mod execution;
mod schedule;
#[cfg(feature = "explore")]
mod site;

pub(crate) use self::form::*;
pub(crate) use self::schedule::{Schedule, parse};

/// How a thread came back from sleeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "explore"),
    expect(dead_code, reason = "only explorations return them")
)]
pub(crate) enum Wake {
    /// Somebody woke it, or it did not fall asleep.
    Woken,
    /// Somebody left it the lock that it slept for, still locked.
    HandedOver,
    /// Its deadline passed.
    TimedOut,
}
