//! The one waiting protocol: everything that blocks, except the raw locks, blocks here.
//!
//! A wait is one object with one word ([`Waiter`]): waiting, granted, stopped or expired. The thread that
//! moves the word out of *waiting* by compare-and-swap decides the wait, and then wakes the sleeper. A
//! notifier, a stop and a deadline race for that one swap, so exactly one of them wins, and the losers know
//! it:
//!
//! - A notifier takes waiters off its queue until its swap wins, so no grant is spent on a waiter that is no
//!   longer waiting.
//! - A stop takes the list of its token, releases the token's lock and swaps. It never takes the lock of a
//!   primitive, and a waiter never holds two locks.
//! - A waiter that was not granted takes itself off its queue, and leaves nothing there.
//!
//! A [`Gate`] opens once and stays open, so there is nothing to race for. A thread that waits for one without a
//! token sleeps on the word of the gate itself.

mod callback;
mod error;
mod gate;
mod queue;
mod registration;
mod stop_state;
mod token;
mod until;
mod waiter;
mod waiting;

pub use self::error::{Stopped, TimedOut, WaitError};
pub(crate) use self::gate::Gate;
pub(crate) use self::queue::{Ticket, WaitQueue, WakeList};
pub use self::registration::Registration;
pub use self::token::{StopSource, StopToken};
pub use self::until::{IntoUntil, Until};
pub(crate) use self::waiter::{Outcome, Waiter};
pub(crate) use self::waiting::{look_and_back_off, look_before_sleep, wait_in};
