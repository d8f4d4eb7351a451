//! What the program's `tracing` is told: spans go along into threads, failures become events.
//!
//! The two forms of this room have the same functions: with the feature `tracing` they do what they
//! say, without it they compile to nothing, so no other room has a `cfg` for it.

#[cfg(feature = "tracing")]
#[path = "on.rs"]
mod form;
#[cfg(not(feature = "tracing"))]
#[path = "off.rs"]
mod form;

pub(crate) use self::form::{Carried, Entered, panicked, unjoined};
