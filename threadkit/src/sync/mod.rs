//! The primitives, one file each.
//!
//! # Locks and guards
//!
//! A lock is a raw lock and an `UnsafeCell`. All guards are made of one [`Guard`](guard::Guard), over a pointer that
//! leads to a lock (a reference, an `Arc`, or the part of a mapped guard) and a way of holding it
//! ([`Hold`](guard::Hold)). The raw locks `TracedLock`, `TracedRwLock` and `ReentrantRaw` report to `inspect`, so no
//! guard can forget to. An acquisition first asks `inspect` whether the thread would wait for itself. `lock_macros` has the
//! methods that several locks or guards share.
//!
//! [`Lockable`] is the trait of the locks that `lock_all` and `#[synchronized]` accept, also of other libraries. A
//! [`ConditionGuard`] can release its lock and acquire it again on every way out (`relock`).
//!
//! [`Monitor`] is behind the handles of `#[monitor]`: a thread that leaves calls one that may come in.

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
mod lock_macros;
mod lockable;
mod monitor;
mod once;
mod permit;
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
pub(crate) use self::lock_all::{MOST, lock_tuple, lock_tuples, refuse_twins};
pub use self::lockable::{LockRef, Lockable};
pub(crate) use self::lockable::{Whereabouts, lockable, unpoisoned, whereabouts};
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
