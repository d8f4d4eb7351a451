//! The raw lock below `RwLock`: parking_lot's, with a bound on waiting.

use core::time::Duration;

use parking_lot::lock_api::{
    self, RawRwLock as _, RawRwLockFair as _, RawRwLockTimed as _, RawRwLockUpgrade as _,
    RawRwLockUpgradeFair as _, RawRwLockUpgradeTimed as _,
};

use super::clock::{Instant, deadline_after};
use super::explored::{self, Player, Wake};
use super::starving::{PATIENCE, Starving};
use super::task::yield_point;

type Raw = parking_lot::RawRwLock;

/// One state for all three ways of holding the lock: parking_lot makes no difference either.
type Guard = <Raw as lock_api::RawRwLock>::ExclusiveGuard;

/// A readers-writer lock as fast as parking_lot's, in which neither side can starve.
///
/// In parking_lot's, a writer that waits keeps new readers out, so readers cannot starve a writer.
/// But whoever runs may take the lock ahead of those that sleep: writers that come again and again
/// can starve a reader, or another writer. Here a thread that has tried for [`PATIENCE`] counts itself
/// in `starving` and queues up. While that count is not zero, a writer and a holder of the upgradable
/// side hand the lock to the head of the queue when they release, which is first come, first served;
/// and what they hand over to is all that those who starve wait for, apart from readers who are in,
/// of whom no more get in meanwhile.
pub(crate) struct RawRwLock {
    raw: Raw,
    starving: Starving,
}

/// A way of holding the lock, by the functions that acquire it.
struct Side {
    lock: fn(&Raw) -> Guard,
    try_lock_until: fn(&Raw, Instant) -> Option<Guard>,
    wait_explored: fn(&RawRwLock, Player, Option<Instant>) -> Option<Guard>,
}

const SHARED: Side = Side {
    lock: Raw::lock_shared,
    try_lock_until: Raw::try_lock_shared_until,
    wait_explored: RawRwLock::read_explored,
};

const EXCLUSIVE: Side = Side {
    lock: Raw::lock_exclusive,
    try_lock_until: Raw::try_lock_exclusive_until,
    wait_explored: RawRwLock::write_explored,
};

const UPGRADABLE: Side = Side {
    lock: Raw::lock_upgradable,
    try_lock_until: Raw::try_lock_upgradable_until,
    wait_explored: RawRwLock::upgradable_explored,
};

impl RawRwLock {
    fn key(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// Acquires what could not be had at once.
    #[cold]
    fn wait(&self, side: &Side) -> Guard {
        if let Some(player) = explored::here() {
            loop {
                if let Some(guard) = (side.wait_explored)(self, player, None) {
                    return guard;
                }
            }
        }
        let patient = deadline_after(PATIENCE)
            .and_then(|deadline| (side.try_lock_until)(&self.raw, deadline));
        match patient {
            Some(guard) => guard,
            None => self.starving.during(|| (side.lock)(&self.raw)),
        }
    }

    #[cold]
    fn wait_until(&self, side: &Side, deadline: Instant) -> Option<Guard> {
        if let Some(player) = explored::here() {
            return (side.wait_explored)(self, player, Some(deadline));
        }
        let patience = deadline_after(PATIENCE).filter(|patience| *patience < deadline);
        if let Some(patience) = patience
            && let Some(guard) = (side.try_lock_until)(&self.raw, patience)
        {
            return Some(guard);
        }
        self.starving
            .during(|| (side.try_lock_until)(&self.raw, deadline))
    }

    fn wait_for(&self, side: &Side, timeout: Duration) -> Option<Guard> {
        match deadline_after(timeout) {
            Some(deadline) => self.wait_until(side, deadline),
            None => Some(self.wait(side)),
        }
    }

    /// Reads if that is possible at once.
    #[inline(always)]
    fn try_read(&self) -> Option<Guard> {
        if self.keeps_readers_out() {
            return None;
        }
        self.raw.try_lock_shared()
    }

    /// Whether a writer waits only for the readers to leave. parking_lot's lock has a bit for that, which
    /// no thread sets under an exploration, since none really waits there.
    #[inline(always)]
    fn keeps_readers_out(&self) -> bool {
        explored::here().is_some_and(|player| player.writer_waits(self.key()))
    }

    /// Acquires by `attempt` under an exploration. A thread that cannot have the lock sleeps in the
    /// exploration's own queue, and every release wakes all sleepers to try again.
    fn wait_explored(
        &self,
        player: Player,
        deadline: Option<Instant>,
        attempt: impl Fn() -> Option<Guard>,
    ) -> Option<Guard> {
        loop {
            player.yield_point();
            if let Some(guard) = attempt() {
                return Some(guard);
            }
            if player.park(self.key(), || true, deadline) == Wake::TimedOut {
                return attempt();
            }
        }
    }

    fn read_explored(&self, player: Player, deadline: Option<Instant>) -> Option<Guard> {
        self.wait_explored(player, deadline, || self.try_read())
    }

    fn upgradable_explored(&self, player: Player, deadline: Option<Instant>) -> Option<Guard> {
        self.wait_explored(player, deadline, || self.raw.try_lock_upgradable())
    }

    /// As parking_lot's writers do it: first it keeps the others out that may write, then the readers
    /// as well, and waits for those that are in.
    fn write_explored(&self, player: Player, deadline: Option<Instant>) -> Option<Guard> {
        let guard = self.upgradable_explored(player, deadline)?;
        // SAFETY: acquired just now.
        match unsafe { self.upgrade_explored(player, guard, deadline) } {
            Ok(guard) => Some(guard),
            Err(guard) => {
                // SAFETY: got back from the upgrade that was given up.
                unsafe { self.raw.unlock_upgradable(guard) };
                self.released();
                None
            }
        }
    }

    /// Waits under an exploration for the readers to leave, and keeps further ones out meanwhile.
    ///
    /// # Safety
    ///
    /// The caller holds the upgradable side, by the guard that it gives.
    unsafe fn upgrade_explored(
        &self,
        player: Player,
        mut guard: Guard,
        deadline: Option<Instant>,
    ) -> Result<Guard, Guard> {
        player.announce_writer(self.key());
        let mut is_late = false;
        let upgraded = loop {
            // SAFETY: passed on from the caller, or got back from the attempt before.
            match unsafe { self.raw.try_upgrade(guard) } {
                Err(still) if !is_late => guard = still,
                done => break done,
            }
            is_late = player.park(self.key(), || true, deadline) == Wake::TimedOut;
        };
        player.withdraw_writer(self.key());
        if upgraded.is_err() {
            // Readers may get in again.
            self.released();
        }
        upgraded
    }

    /// To be called when somebody may get in who could not before.
    #[inline(always)]
    fn released(&self) {
        if let Some(player) = explored::here() {
            // How they were woken makes no difference to those who sleep above.
            while player.hand_over(self.key()) {}
        }
    }

    /// Trades the upgradable side for the exclusive one; by the deadline, if there is one.
    ///
    /// # Safety
    ///
    /// The caller holds the upgradable side, by the guard that it gives.
    unsafe fn upgrade_by(&self, guard: Guard, deadline: Option<Instant>) -> Result<Guard, Guard> {
        yield_point();
        let Some(player) = explored::here() else {
            return match deadline {
                // SAFETY: passed on from the caller.
                Some(deadline) => unsafe { self.raw.try_upgrade_until(guard, deadline) },
                // SAFETY: as above.
                None => Ok(unsafe { self.raw.upgrade(guard) }),
            };
        };
        // SAFETY: passed on from the caller.
        unsafe { self.upgrade_explored(player, guard, deadline) }
    }
}

// SAFETY: every operation that acquires or releases is one of parking_lot's raw lock, which keeps
// writers apart from everybody with the orderings asked for, and passes its guard state through;
// `starving` only selects between its two ways of releasing.
unsafe impl lock_api::RawRwLock for RawRwLock {
    const INIT: Self = Self {
        raw: Raw::INIT,
        starving: Starving::nobody(),
    };

    type SharedGuard = Guard;
    type ExclusiveGuard = Guard;

    #[inline]
    fn lock_shared(&self) -> Guard {
        match self.try_lock_shared() {
            Some(guard) => guard,
            None => self.wait(&SHARED),
        }
    }

    #[inline]
    fn try_lock_shared(&self) -> Option<Guard> {
        yield_point();
        self.try_read()
    }

    #[inline]
    unsafe fn unlock_shared(&self, guard: Guard) {
        yield_point();
        // SAFETY: passed on from the caller.
        unsafe { self.raw.unlock_shared(guard) };
        self.released();
    }

    #[inline]
    fn lock_exclusive(&self) -> Guard {
        match self.try_lock_exclusive() {
            Some(guard) => guard,
            None => self.wait(&EXCLUSIVE),
        }
    }

    #[inline]
    fn try_lock_exclusive(&self) -> Option<Guard> {
        yield_point();
        self.raw.try_lock_exclusive()
    }

    #[inline]
    unsafe fn unlock_exclusive(&self, guard: Guard) {
        yield_point();
        if self.starving.is_nobody() {
            // SAFETY: passed on from the caller.
            unsafe { self.raw.unlock_exclusive(guard) };
        } else {
            // SAFETY: as above.
            unsafe { self.raw.unlock_exclusive_fair(guard) };
        }
        self.released();
    }

    #[inline]
    fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    #[inline]
    fn is_locked_exclusive(&self) -> bool {
        self.raw.is_locked_exclusive() || self.keeps_readers_out()
    }
}

// SAFETY: as for the plain operations; a wait gives up no sooner than it was told to.
unsafe impl lock_api::RawRwLockTimed for RawRwLock {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    fn try_lock_shared_for(&self, timeout: Duration) -> Option<Guard> {
        self.try_lock_shared()
            .or_else(|| self.wait_for(&SHARED, timeout))
    }

    #[inline]
    fn try_lock_shared_until(&self, deadline: Instant) -> Option<Guard> {
        self.try_lock_shared()
            .or_else(|| self.wait_until(&SHARED, deadline))
    }

    #[inline]
    fn try_lock_exclusive_for(&self, timeout: Duration) -> Option<Guard> {
        self.try_lock_exclusive()
            .or_else(|| self.wait_for(&EXCLUSIVE, timeout))
    }

    #[inline]
    fn try_lock_exclusive_until(&self, deadline: Instant) -> Option<Guard> {
        self.try_lock_exclusive()
            .or_else(|| self.wait_until(&EXCLUSIVE, deadline))
    }
}

// SAFETY: as for the plain operations: downgrading lets nobody write in between.
unsafe impl lock_api::RawRwLockDowngrade for RawRwLock {
    #[inline]
    unsafe fn downgrade(&self, guard: Guard) -> Guard {
        yield_point();
        // SAFETY: passed on from the caller.
        let guard = unsafe { self.raw.downgrade(guard) };
        self.released();
        guard
    }
}

// SAFETY: as for the plain operations: upgrading waits for the readers, and lets nobody write before.
unsafe impl lock_api::RawRwLockUpgrade for RawRwLock {
    type UpgradableGuard = Guard;

    #[inline]
    fn lock_upgradable(&self) -> Guard {
        match self.try_lock_upgradable() {
            Some(guard) => guard,
            None => self.wait(&UPGRADABLE),
        }
    }

    #[inline]
    fn try_lock_upgradable(&self) -> Option<Guard> {
        yield_point();
        self.raw.try_lock_upgradable()
    }

    #[inline]
    unsafe fn unlock_upgradable(&self, guard: Guard) {
        yield_point();
        if self.starving.is_nobody() {
            // SAFETY: passed on from the caller.
            unsafe { self.raw.unlock_upgradable(guard) };
        } else {
            // SAFETY: as above.
            unsafe { self.raw.unlock_upgradable_fair(guard) };
        }
        self.released();
    }

    #[inline]
    unsafe fn upgrade(&self, guard: Guard) -> Guard {
        let mut guard = guard;
        loop {
            // SAFETY: passed on from the caller, or got back from the attempt before.
            match unsafe { self.upgrade_by(guard, None) } {
                Ok(upgraded) => return upgraded,
                Err(still) => guard = still,
            }
        }
    }

    #[inline]
    unsafe fn try_upgrade(&self, guard: Guard) -> Result<Guard, Guard> {
        yield_point();
        // SAFETY: passed on from the caller.
        unsafe { self.raw.try_upgrade(guard) }
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockUpgradeDowngrade for RawRwLock {
    #[inline]
    unsafe fn downgrade_upgradable(&self, guard: Guard) -> Guard {
        yield_point();
        // SAFETY: passed on from the caller.
        let guard = unsafe { self.raw.downgrade_upgradable(guard) };
        self.released();
        guard
    }

    #[inline]
    unsafe fn downgrade_to_upgradable(&self, guard: Guard) -> Guard {
        yield_point();
        // SAFETY: passed on from the caller.
        let guard = unsafe { self.raw.downgrade_to_upgradable(guard) };
        self.released();
        guard
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockUpgradeTimed for RawRwLock {
    #[inline]
    fn try_lock_upgradable_for(&self, timeout: Duration) -> Option<Guard> {
        self.try_lock_upgradable()
            .or_else(|| self.wait_for(&UPGRADABLE, timeout))
    }

    #[inline]
    fn try_lock_upgradable_until(&self, deadline: Instant) -> Option<Guard> {
        self.try_lock_upgradable()
            .or_else(|| self.wait_until(&UPGRADABLE, deadline))
    }

    #[inline]
    unsafe fn try_upgrade_for(&self, guard: Guard, timeout: Duration) -> Result<Guard, Guard> {
        // SAFETY: passed on from the caller.
        unsafe { self.upgrade_by(guard, deadline_after(timeout)) }
    }

    #[inline]
    unsafe fn try_upgrade_until(&self, guard: Guard, deadline: Instant) -> Result<Guard, Guard> {
        // SAFETY: passed on from the caller.
        unsafe { self.upgrade_by(guard, Some(deadline)) }
    }
}
