//! The raw readers-writer lock that reports to the inspect room.

use core::time::Duration;

use crate::backend::lock_api::{
    RawRwLock as _, RawRwLockDowngrade, RawRwLockTimed, RawRwLockUpgrade,
    RawRwLockUpgradeDowngrade, RawRwLockUpgradeTimed,
};
use crate::backend::{Instant, RawRwLock, lock_api};
use crate::inspect::{RwTag, Side};

/// What the raw lock wants back, from whatever side.
pub(super) type Guard = <RawRwLock as lock_api::RawRwLock>::ExclusiveGuard;

/// A [`RawRwLock`] and what is known of it; without inspection it is the raw lock alone.
pub(super) struct TracedRwLock {
    raw: RawRwLock,
    tag: RwTag,
}

impl TracedRwLock {
    #[track_caller]
    pub(super) const fn new() -> Self {
        Self {
            raw: RawRwLock::INIT,
            tag: RwTag::new(),
        }
    }

    #[track_caller]
    pub(super) const fn named(name: &'static str) -> Self {
        Self {
            raw: RawRwLock::INIT,
            tag: RwTag::named(name),
        }
    }

    pub(super) fn tag(&self) -> &RwTag {
        &self.tag
    }

    /// Reports the outcome of an attempt to acquire a side.
    #[inline]
    #[track_caller]
    fn reported(&self, side: Side, guard: Option<Guard>) -> Option<Guard> {
        self.tag.used();
        if guard.is_some() {
            self.tag.acquired(side);
        }
        guard
    }

    /// Reports that the current task goes from one side to another.
    #[inline]
    #[track_caller]
    fn changed(&self, from: Side, to: Side) {
        self.tag.released(from);
        self.tag.acquired(to);
    }

    /// Reports the outcome of an attempt to go from reading to writing.
    #[inline]
    #[track_caller]
    fn upgraded(&self, guard: Result<Guard, Guard>) -> Result<Guard, Guard> {
        if guard.is_ok() {
            self.changed(Side::Upgradable, Side::Write);
        }
        guard
    }
}

// SAFETY: all of it is the raw lock's; the tag is told that a side is held after it is so, and that it
// is not any more before it is. `acquire` may unwind, and does so before anything is acquired.
unsafe impl lock_api::RawRwLock for TracedRwLock {
    const INIT: Self = Self::new();

    type SharedGuard = Guard;
    type ExclusiveGuard = Guard;

    #[inline]
    #[track_caller]
    fn lock_shared(&self) -> Guard {
        self.tag.acquire(
            Side::Read,
            || self.raw.try_lock_shared(),
            || self.raw.lock_shared(),
        )
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared(&self) -> Option<Guard> {
        self.reported(Side::Read, self.raw.try_lock_shared())
    }

    #[inline]
    unsafe fn unlock_shared(&self, guard: Guard) {
        self.tag.released(Side::Read);
        // SAFETY: passed on from the caller.
        unsafe { self.raw.unlock_shared(guard) };
    }

    #[inline]
    #[track_caller]
    fn lock_exclusive(&self) -> Guard {
        self.tag.acquire(
            Side::Write,
            || self.raw.try_lock_exclusive(),
            || self.raw.lock_exclusive(),
        )
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive(&self) -> Option<Guard> {
        self.reported(Side::Write, self.raw.try_lock_exclusive())
    }

    #[inline]
    unsafe fn unlock_exclusive(&self, guard: Guard) {
        self.tag.released(Side::Write);
        // SAFETY: passed on from the caller.
        unsafe { self.raw.unlock_exclusive(guard) };
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    #[inline]
    fn is_locked_exclusive(&self) -> bool {
        self.raw.is_locked_exclusive()
    }
}

// SAFETY: as above.
unsafe impl RawRwLockTimed for TracedRwLock {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    #[track_caller]
    fn try_lock_shared_for(&self, timeout: Duration) -> Option<Guard> {
        // For ever is not a limited time: see `TracedLock`.
        if timeout == Duration::MAX {
            return Some(lock_api::RawRwLock::lock_shared(self));
        }
        let _waiting = self.tag.waiting(Side::Read);
        self.reported(Side::Read, self.raw.try_lock_shared_for(timeout))
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared_until(&self, deadline: Instant) -> Option<Guard> {
        let _waiting = self.tag.waiting(Side::Read);
        self.reported(Side::Read, self.raw.try_lock_shared_until(deadline))
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive_for(&self, timeout: Duration) -> Option<Guard> {
        if timeout == Duration::MAX {
            return Some(lock_api::RawRwLock::lock_exclusive(self));
        }
        let _waiting = self.tag.waiting(Side::Write);
        self.reported(Side::Write, self.raw.try_lock_exclusive_for(timeout))
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive_until(&self, deadline: Instant) -> Option<Guard> {
        let _waiting = self.tag.waiting(Side::Write);
        self.reported(Side::Write, self.raw.try_lock_exclusive_until(deadline))
    }
}

// SAFETY: as above.
unsafe impl RawRwLockDowngrade for TracedRwLock {
    #[inline]
    #[track_caller]
    unsafe fn downgrade(&self, guard: Guard) -> Guard {
        self.changed(Side::Write, Side::Read);
        // SAFETY: passed on from the caller.
        unsafe { self.raw.downgrade(guard) }
    }
}

// SAFETY: as above.
unsafe impl RawRwLockUpgrade for TracedRwLock {
    type UpgradableGuard = Guard;

    #[inline]
    #[track_caller]
    fn lock_upgradable(&self) -> Guard {
        self.tag.acquire(
            Side::Upgradable,
            || self.raw.try_lock_upgradable(),
            || self.raw.lock_upgradable(),
        )
    }

    #[inline]
    #[track_caller]
    fn try_lock_upgradable(&self) -> Option<Guard> {
        self.reported(Side::Upgradable, self.raw.try_lock_upgradable())
    }

    #[inline]
    unsafe fn unlock_upgradable(&self, guard: Guard) {
        self.tag.released(Side::Upgradable);
        // SAFETY: passed on from the caller.
        unsafe { self.raw.unlock_upgradable(guard) };
    }

    #[inline]
    #[track_caller]
    unsafe fn upgrade(&self, guard: Guard) -> Guard {
        let _waiting = self.tag.waiting_to_upgrade();
        // SAFETY: passed on from the caller.
        let guard = unsafe { self.raw.upgrade(guard) };
        self.changed(Side::Upgradable, Side::Write);
        guard
    }

    #[inline]
    #[track_caller]
    unsafe fn try_upgrade(&self, guard: Guard) -> Result<Guard, Guard> {
        // SAFETY: passed on from the caller.
        self.upgraded(unsafe { self.raw.try_upgrade(guard) })
    }
}

// SAFETY: as above.
unsafe impl RawRwLockUpgradeDowngrade for TracedRwLock {
    #[inline]
    #[track_caller]
    unsafe fn downgrade_upgradable(&self, guard: Guard) -> Guard {
        self.changed(Side::Upgradable, Side::Read);
        // SAFETY: passed on from the caller.
        unsafe { self.raw.downgrade_upgradable(guard) }
    }

    #[inline]
    #[track_caller]
    unsafe fn downgrade_to_upgradable(&self, guard: Guard) -> Guard {
        self.changed(Side::Write, Side::Upgradable);
        // SAFETY: passed on from the caller.
        unsafe { self.raw.downgrade_to_upgradable(guard) }
    }
}

// SAFETY: as above.
unsafe impl RawRwLockUpgradeTimed for TracedRwLock {
    #[inline]
    #[track_caller]
    fn try_lock_upgradable_for(&self, timeout: Duration) -> Option<Guard> {
        if timeout == Duration::MAX {
            return Some(self.lock_upgradable());
        }
        let _waiting = self.tag.waiting(Side::Upgradable);
        self.reported(Side::Upgradable, self.raw.try_lock_upgradable_for(timeout))
    }

    #[inline]
    #[track_caller]
    fn try_lock_upgradable_until(&self, deadline: Instant) -> Option<Guard> {
        let _waiting = self.tag.waiting(Side::Upgradable);
        self.reported(
            Side::Upgradable,
            self.raw.try_lock_upgradable_until(deadline),
        )
    }

    #[inline]
    #[track_caller]
    unsafe fn try_upgrade_for(&self, guard: Guard, timeout: Duration) -> Result<Guard, Guard> {
        let _waiting = self.tag.waiting_to_upgrade();
        // SAFETY: passed on from the caller.
        self.upgraded(unsafe { self.raw.try_upgrade_for(guard, timeout) })
    }

    #[inline]
    #[track_caller]
    unsafe fn try_upgrade_until(&self, guard: Guard, deadline: Instant) -> Result<Guard, Guard> {
        let _waiting = self.tag.waiting_to_upgrade();
        // SAFETY: passed on from the caller.
        self.upgraded(unsafe { self.raw.try_upgrade_until(guard, deadline) })
    }
}
