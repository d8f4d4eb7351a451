//! What a program that uses threads everywhere imports at once.
//!
//! ```
//! use threadkit::prelude::*;
//! ```
//!
//! Brings the attributes and the handful of types that almost every such program names. What would
//! clash with `std`'s names or with words of your own stays out: write `threadkit::spawn`,
//! `threadkit::sleep`, `threadkit::current`.

pub use crate::{
    Condition, JoinError, JoinHandle, Lock, RLock, Run as _, StopToken, Thread, monitor,
    synchronized, thread, when,
};
