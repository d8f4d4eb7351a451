//! A guard that can write, or can become one that writes, takes no value with a shorter lifetime.

use threadkit::{
    LockGuard, MappedLockGuard, MappedRwLockWriteGuard, OwnedLockGuard, OwnedRwLockWriteGuard,
    RwLockUpgradableGuard, RwLockWriteGuard,
};

fn whole<'g, 's>(guard: LockGuard<'g, &'static str>) -> LockGuard<'g, &'s str> {
    guard
}

fn mapped<'g, 's>(guard: MappedLockGuard<'g, &'static str>) -> MappedLockGuard<'g, &'s str> {
    guard
}

fn owned<'s>(guard: OwnedLockGuard<&'static str>) -> OwnedLockGuard<&'s str> {
    guard
}

fn writes<'g, 's>(guard: RwLockWriteGuard<'g, &'static str>) -> RwLockWriteGuard<'g, &'s str> {
    guard
}

fn mapped_writes<'g, 's>(
    guard: MappedRwLockWriteGuard<'g, &'static str>,
) -> MappedRwLockWriteGuard<'g, &'s str> {
    guard
}

fn owned_writes<'s>(
    guard: OwnedRwLockWriteGuard<&'static str>,
) -> OwnedRwLockWriteGuard<&'s str> {
    guard
}

fn upgradable<'g, 's>(
    guard: RwLockUpgradableGuard<'g, &'static str>,
) -> RwLockUpgradableGuard<'g, &'s str> {
    guard
}

fn main() {}
