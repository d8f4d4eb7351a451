//! The primitives, one file each.

pub mod atomic;
mod barrier;
mod barrier_result;
mod condition;
mod condition_guard;
mod event;
mod found;
mod guard;
mod latch;
mod lazy;
mod lock;
mod lock_all;
mod lockable;
mod monitor;
mod once;
mod permit;
mod permits;
mod printing;
mod reentrant;
mod relock;
mod rlock;
mod rwlock;
mod rwlock_guard;
mod semaphore;
#[cfg(feature = "serde")]
mod serialize;
mod stays;
mod traced;
mod traced_rw;
mod waiters;

pub use self::barrier::Barrier;
pub use self::barrier_result::{BrokenBarrier, BrokenBy, Turn};
pub use self::condition::Condition;
pub use self::condition_guard::{ConditionGuard, Outermost};
pub use self::event::Event;
pub use self::found::Found;
pub use self::latch::{Latch, LatchOpen};
pub use self::lazy::Lazy;
pub use self::lock::{Lock, LockGuard, MappedLockGuard, OwnedLockGuard};
pub use self::lock_all::{LockAll, LockAllNamed, lock_all};
pub(crate) use self::lock_all::{lock_tuple, lock_tuples, refuse_twins};
pub use self::lockable::{LockRef, Lockable};
pub(crate) use self::lockable::{Whereabouts, lockable, unpoisoned};
pub use self::monitor::{Entry, Monitor, MonitorGuard, OwnCondition, Peek, Visit, WaitAt};
pub use self::once::Once;
pub use self::permit::{OwnedPermit, Permit};
pub use self::rlock::{MappedRLockGuard, OwnedRLockGuard, RLock, RLockGuard};
pub use self::rwlock::RwLock;
pub use self::rwlock_guard::{
    MappedRwLockReadGuard, MappedRwLockWriteGuard, OwnedRwLockReadGuard,
    OwnedRwLockUpgradableGuard, OwnedRwLockWriteGuard, RwLockReadGuard, RwLockUpgradableGuard,
    RwLockWriteGuard,
};
pub use self::semaphore::{ReleaseError, Semaphore};
