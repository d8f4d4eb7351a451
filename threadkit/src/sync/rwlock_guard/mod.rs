//! The guards of [`RwLock`](super::RwLock), and how they are acquired.
//!
//! `read`, `upgradable` and `write` have the guards of one side each, and the methods of the lock that acquire it.
//! `change` is how a guard becomes one of another side. All of them are made by `hold`, which alone is unsafe.

mod change;
mod hold;
mod read;
mod upgradable;
mod write;

pub use self::read::{MappedRwLockReadGuard, OwnedRwLockReadGuard, RwLockReadGuard};
pub use self::upgradable::{OwnedRwLockUpgradableGuard, RwLockUpgradableGuard};
pub use self::write::{MappedRwLockWriteGuard, OwnedRwLockWriteGuard, RwLockWriteGuard};
