//! The items that the expansions of the attributes name. Not part of the public interface.
//!
//! Expansions name everything through this module, what is in `core` and `std` too, so that the user's names
//! cannot shadow anything.

mod judged;
mod kinds;
mod monitor;
mod pointers;
mod runs;
mod sides;
mod timed;

// These have paths of one segment behind `__private`. For a longer path the compiler would look for another
// item with the name of its last segment but one, and might suggest to import it.
pub use core::any::type_name;
pub use core::clone::Clone;
pub use core::convert::{From, Infallible};
pub use core::fmt::{Debug, Formatter, Result as FmtResult};
pub use core::marker::{Send, Sync};
pub use core::ops::FnOnce;
pub use core::option::Option::{None, Some};
pub use core::primitive::bool;
pub use core::result::Result::{self, Err, Ok};
pub use core::time::Duration;
pub use std::boxed::Box;
pub use std::format;

pub use crate::explore::Explorer;
pub use crate::{RLock, Thread, stop_token};

use crate::inspect::{self, Method, Notes, Wanted};

pub use self::judged::{ByDebug, ByDisplay, ByNothing, Judged};
pub use self::kinds::{AnyTimedLock, TimedLockRef, locking, locking_timed};
pub use self::monitor::{
    AHandleIsMadeByFrom, Ended, Entry, Monitor, OwnCondition, Peek, Visit, WaitAt,
};
pub use self::runs::{
    HasRun, HasSharedRun, IsJoinedThroughItsHandle, NoResult, Returned, Supplied, missing_run,
    missing_run_with_result, missing_shared_run, missing_shared_run_with_result, no_result,
};
pub use self::sides::{
    OneSide, Read, Sided, SidedTimed, Sides, SidesTimed, Write, reading, reading_timed, writing,
    writing_timed,
};
pub use self::timed::{Limit, LockAllTimed, lock_all_timeout, lock_timeout};
pub use crate::sync::{LockAllNamed, LockRef, Lockable};
pub use crate::threads::{ErrorText, RunShared, Setup, start_shared};

/// Acquires the lock of `#[synchronized(LOCK)]` on the function of that name.
#[inline]
#[track_caller]
pub fn lock<L: Lockable + ?Sized>(lock: &L, function: Method) -> L::Guard<'_> {
    let _method = inspect::in_method(function);
    let wanted = Wanted::here(|| lock.__foreign()).waits();
    let guard = lock.__acquire();
    wanted.acquired();
    guard
}

/// Until the result is dropped, the locks that were acquired just now are known to be held, also if they are of other
/// libraries.
#[inline]
pub fn note() -> Notes {
    inspect::note_foreign()
}

/// Acquires the locks of `#[synchronized(A, B)]` on the function of that name; messages use the `names` that the user
/// wrote.
///
/// # Panics
///
/// If two of them are the same lock, before any is acquired.
#[inline]
#[track_caller]
pub fn lock_all<L: LockAllNamed>(locks: L, names: &[&str], function: Method) -> L::Guards {
    let _method = inspect::in_method(function);
    let wanted = Wanted::all_here(|| locks.__foreign());
    let guards = locks.__lock_all(function, names);
    wanted.acquired();
    guards
}

/// Stands for a value that is never computed: either a mistake was reported, and the code that contains this
/// does not compile, or the compiler can see that this is not reached.
///
/// # Panics
///
/// Always.
#[cold]
pub const fn stand_in<T>() -> T {
    panic!("a stand-in of an attribute was asked for its value")
}
