//! Timers: something to be done later, or again and again.
//!
//! - [`Timer`] is what users name: it makes timers and cancels them.
//! - `job` is one timer from inside: what is to be done, and whether it still is.
//! - `agenda` is what is due when; `scheduler` the one thread that keeps to it.
//!
//! # Whose thread
//!
//! There is one scheduler for the process, a daemon that is started by the first timer and sleeps
//! when nothing is due. Each run of an exploration has one of its own, because a static would carry
//! timers from one schedule into the next; that one ends when nothing is pending, so that the run can
//! end.
//!
//! # Locks
//!
//! The agenda and every job have one each. No two are ever held at once, and neither is held while
//! code of the user runs: not what is to be done, nor the drop of what it has captured.

mod agenda;
mod handle;
mod job;
mod scheduler;

pub use self::handle::Timer;
