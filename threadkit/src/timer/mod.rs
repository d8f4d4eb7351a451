//! Timers: functions that run later, once or repeatedly.
//!
//! - [`Timer`] is the public handle: it makes timers and cancels them.
//! - `job` is one timer: its function, and whether it runs again.
//! - `agenda` has the pending timers by their times; `scheduler` has the thread that runs them.
//!
//! # The thread
//!
//! The process has one scheduler, whose thread is a daemon. The first timer starts it, and it sleeps when
//! nothing is due. Each run of an exploration has a scheduler of its own, because a static would carry timers
//! from one schedule into the next. Its thread ends when nothing is pending, so that the run can end.
//!
//! # Locks
//!
//! A scheduler and every job have one each. No two are held at once, and none is held while code of the
//! program runs: neither the function of a timer nor the drop of its captures.

mod agenda;
mod handle;
mod job;
mod scheduler;

pub use self::handle::Timer;
