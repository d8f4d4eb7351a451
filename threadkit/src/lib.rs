//! Threads you can name, see, stop and wait for; locks that cannot starve you.

mod backend;
pub mod explore;
mod identity;
mod inspect;
pub mod prelude;
mod sync;
mod threads;
mod wait;

pub use self::sync::{
    Barrier, BrokenBarrier, BrokenBy, Condition, ConditionGuard, Event, Latch, LatchOpen, Lock,
    LockAll, LockGuard, Lockable, MappedLockGuard, MappedRLockGuard, OutermostGuard,
    OwnedLockGuard, OwnedPermit, OwnedRLockGuard, Permit, RLock, RLockGuard, ReleaseError,
    Semaphore, Turn, lock_all,
};
pub use self::threads::{
    ExitGuard, JoinError, JoinHandle, Place, Run, StartError, Thread, ThreadRef, active_count,
    current, exit_guard, join_all, sleep, spawn, stop_token, threads,
};
pub use self::wait::{IntoUntil, StopSource, StopToken, Stopped, TimedOut, Until, WaitError};
#[doc(inline)]
pub use threadkit_macros::{Thread, main, synchronized, thread};

/// What the expansions of the attributes name. No part of the public interface.
#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;
