//! What an acquired lock or permit is: a value that releases it when dropped.
//!
//! Every name here is also in the root of the crate: `threadkit::LockGuard`.
//!
//! | acquired by | by reference | with an `Arc` of the lock | of a part of the value |
//! | --- | --- | --- | --- |
//! | [`Lock::acquire`](crate::Lock::acquire) | [`LockGuard`] | [`OwnedLockGuard`] | [`MappedLockGuard`] |
//! | [`RLock::acquire`](crate::RLock::acquire) | [`RLockGuard`] | [`OwnedRLockGuard`] | [`MappedRLockGuard`] |
//! | [`RwLock::read`](crate::RwLock::read) | [`RwLockReadGuard`] | [`OwnedRwLockReadGuard`] | [`MappedRwLockReadGuard`] |
//! | [`RwLock::upgradable`](crate::RwLock::upgradable) | [`RwLockUpgradableGuard`] | [`OwnedRwLockUpgradableGuard`] | |
//! | [`RwLock::write`](crate::RwLock::write) | [`RwLockWriteGuard`] | [`OwnedRwLockWriteGuard`] | [`MappedRwLockWriteGuard`] |
//! | [`Semaphore::acquire`](crate::Semaphore::acquire) | [`Permit`] | [`OwnedPermit`] | |
//!
//! [`lock_all`](crate::lock_all) acquires a [`Monitor`](crate::Monitor) with a [`MonitorGuard`].
//! A [`Condition`](crate::Condition) waits with any [`ConditionGuard`]. [`Outermost`] is such a guard of an
//! [`RLock`](crate::RLock). A [`Registration`] takes a callback off its stop token, and an [`ExitGuard`] waits for the
//! threads of the process.

pub use crate::sync::{
    ConditionGuard, LockGuard, MappedLockGuard, MappedRLockGuard, MappedRwLockReadGuard,
    MappedRwLockWriteGuard, MonitorGuard, Outermost, OwnedLockGuard, OwnedPermit, OwnedRLockGuard,
    OwnedRwLockReadGuard, OwnedRwLockUpgradableGuard, OwnedRwLockWriteGuard, Permit, RLockGuard,
    RwLockReadGuard, RwLockUpgradableGuard, RwLockWriteGuard,
};
pub use crate::threads::ExitGuard;
pub use crate::wait::Registration;
