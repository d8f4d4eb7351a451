//! Spans and events for `tracing`.
//!
//! Threads, tasks and timers run in the span in which they were started, submitted or made, and leave it at
//! their end. Shared threads, such as the workers of a pool and the timers' thread, are started `outside`
//! of all spans. Failures become events.
//!
//! The two forms of this room have the same functions: with the feature `tracing` they do what they
//! say, without it they compile to nothing, so no other room has a `cfg` for it.

#[cfg(feature = "tracing")]
#[path = "on.rs"]
mod form;
#[cfg(not(feature = "tracing"))]
#[path = "off.rs"]
mod form;

#[allow(unused_imports, reason = "asked only before coroutines run")]
pub(crate) use self::form::is_heard;
pub(crate) use self::form::{Carried, contention, outside, panicked, unjoined};
