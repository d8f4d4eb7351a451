//! What the program's `tracing` is told: spans go along to where work is done, failures become events.
//!
//! A thread, a task and a timer carry the span in which they were started, submitted or made, and let it go
//! at their end. What serves many, as the workers of a pool and the timers' thread, is started `outside`.
//!
//! The two forms of this room have the same functions: with the feature `tracing` they do what they
//! say, without it they compile to nothing, so no other room has a `cfg` for it.

#[cfg(feature = "tracing")]
#[path = "on.rs"]
mod form;
#[cfg(not(feature = "tracing"))]
#[path = "off.rs"]
mod form;

pub(crate) use self::form::{Carried, outside, panicked, unjoined};
