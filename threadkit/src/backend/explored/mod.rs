//! Whether this thread runs under an exploration, and the operations that then replace those of the machine.
//!
//! An exploration runs the threads of a program one at a time, on real threads of the operating system. Exactly
//! one has the turn and runs, until it comes to a point at which another thread could have run. There a chooser
//! picks the next one. Nothing else about the threads changes: thread-locals, panics and other libraries work
//! as they always do.
//!
//! If it is asked for, the threads are coroutines on one thread of the operating system instead. A turn is passed to
//! the next one in the same way, and the same choices lead to the same run.
//!
//! Both forms of this room have the same functions. Without the feature `explore`, [`here`] always returns
//! `None` and the rest compiles to nothing. With it, [`here`] reads a thread-local.

#[cfg(feature = "explore")]
#[path = "on.rs"]
mod form;
#[cfg(not(feature = "explore"))]
#[path = "off.rs"]
mod form;

mod access;
#[cfg(feature = "explore")]
mod atomics;
#[cfg(feature = "explore")]
mod blocked;
#[cfg(feature = "explore")]
mod chooser;
#[cfg(feature = "explore")]
mod coroutines;
#[cfg(feature = "explore")]
mod execution;
#[cfg(feature = "explore")]
mod memory;
mod note;
#[cfg(feature = "explore")]
mod one_processor;
#[cfg(feature = "explore")]
mod run_state;
#[cfg(feature = "explore")]
mod runner;
mod schedule;
#[cfg(feature = "explore")]
mod signal;
#[cfg(feature = "explore")]
mod site;
#[cfg(feature = "explore")]
mod spins;
mod step;

pub(crate) use self::access::Access;
#[cfg(feature = "explore")]
use self::access::Use;
pub(crate) use self::form::*;
pub(crate) use self::note::note;
pub(crate) use self::schedule::{Schedule, parse};
#[cfg(any(debug_assertions, feature = "inspect"))]
pub(crate) use self::step::StepValue;
pub(crate) use self::step::{Act, Object, Shown, ShownValue, Step, Subject};

/// Why a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// A task woke the sleeper, or it did not fall asleep.
    Woken,
    /// A task handed over the lock that the sleeper waited for, still locked.
    HandedOver,
    /// The deadline passed.
    TimedOut,
}
