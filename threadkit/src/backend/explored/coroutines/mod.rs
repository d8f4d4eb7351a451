//! The tasks of an execution as coroutines on one thread of the system.
//!
//! The form `off` is for systems without them: there, an execution uses a thread of the system for each task.

#[cfg(all(unix, any(target_arch = "x86_64", target_arch = "aarch64")))]
#[path = "on.rs"]
mod form;
#[cfg(not(all(unix, any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[path = "off.rs"]
mod form;
#[cfg(all(unix, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod stack;

pub(crate) use self::form::is_unwinding;
pub(super) use self::form::{
    ARE_THERE, Here, add, are_left, begin_apart, end_run, native_id, resume, suspend,
};
