//! Which thread holds which lock, and which thread waits for what.
//!
//! Locks and waits report here at every step. This room has two forms with the same functions: one keeps
//! track, the other compiles to nothing, so no other room needs a `cfg`. Tracking is on in debug builds of
//! threadkit, and in every build with the feature `inspect`.
//!
//! Nothing here takes an instrumented lock, runs code of the user, or panics while the thread unwinds.

#[cfg(any(debug_assertions, feature = "inspect"))]
#[path = "on.rs"]
mod form;
#[cfg(not(any(debug_assertions, feature = "inspect")))]
#[path = "off.rs"]
mod form;

#[cfg(any(debug_assertions, feature = "inspect"))]
#[path = "rw_on.rs"]
mod rw;
#[cfg(not(any(debug_assertions, feature = "inspect")))]
#[path = "rw_off.rs"]
mod rw;

mod report;
mod side;
mod wait_info;

pub(crate) use self::form::{LockTag, describe, report_delay, wait_of, waiting, waiting_at};
pub(crate) use self::report::refuse;
pub(crate) use self::rw::RwTag;
pub(crate) use self::wait_info::WaitInfo;
