//! The one waiting protocol; everything that blocks, except the raw locks, blocks here.
//!
//! A wait is one object with one word ([`Waiter`]): waiting, granted, stopped or expired. Whoever
//! moves the word out of *waiting* by compare-and-swap decides the wait, then wakes the sleeper.
//! That one swap is all that a notifier, a stop and a deadline race for, so exactly one of them
//! wins, and the losers know it:
//!
//! - a notifier takes waiters off its queue until its swap wins, so no grant is spent on a waiter
//!   that has gone;
//! - a stop takes the list of its token, lets the token's lock go and swaps; it never touches the
//!   lock of a primitive, and a waiter never holds two locks;
//! - a waiter that was not granted takes itself off its queue, leaving no trace.
//!
//! In front of a [`Gate`], which opens once and for all, there is nothing to race for: who has no token
//! there sleeps on the word of the gate itself.

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
pub(crate) use self::waiting::look_before_sleep;
