//! The raw lock below `RwLock`: parking_lot's, with a bound on waiting.

use core::time::Duration;

use parking_lot::lock_api::{
    RawRwLock as _, RawRwLockDowngrade as _, RawRwLockFair as _, RawRwLockTimed as _,
    RawRwLockUpgrade as _, RawRwLockUpgradeDowngrade as _, RawRwLockUpgradeFair as _,
    RawRwLockUpgradeTimed as _,
};

use super::clock::{Instant, deadline_after};
use super::explored::{self, Access, ExploredTask, Wake};
use super::raw_mutex::Acquired;
use super::starving::{Starving, starves_at};
use super::task::{also_uses, yield_before};

/// Its acquisitions are of the same type as those of parking_lot's mutex, for every side.
type Raw = parking_lot::RawRwLock;

/// A way of holding a readers-writer lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Read,
    /// Reads, with the right to become the writer.
    Upgradable,
    Write,
}

impl Side {
    fn lock(self, raw: &Raw) -> Acquired {
        match self {
            Self::Read => raw.lock_shared(),
            Self::Upgradable => raw.lock_upgradable(),
            Self::Write => raw.lock_exclusive(),
        }
    }

    #[inline(always)]
    fn try_lock(self, raw: &Raw) -> Option<Acquired> {
        match self {
            Self::Read => raw.try_lock_shared(),
            Self::Upgradable => raw.try_lock_upgradable(),
            Self::Write => raw.try_lock_exclusive(),
        }
    }

    fn try_lock_until(self, raw: &Raw, deadline: Instant) -> Option<Acquired> {
        match self {
            Self::Read => raw.try_lock_shared_until(deadline),
            Self::Upgradable => raw.try_lock_upgradable_until(deadline),
            Self::Write => raw.try_lock_exclusive_until(deadline),
        }
    }
}

/// A readers-writer lock as fast as parking_lot's, in which neither side can starve.
///
/// In parking_lot's, a writer that waits keeps new readers out, so readers cannot starve a writer. But a
/// running thread may take the lock ahead of those that sleep: writers that come again and again can starve a
/// reader, or another writer. Here a thread that has tried for [`starves_at`] counts itself in `starving`
/// and queues up. While that count is not zero, a writer and a holder of the upgradable side hand the lock to
/// the head of the queue when they release, which is first come, first served. A starving thread then waits
/// only for readers that hold the lock already, because no more are let in.
pub(crate) struct RawRwLock {
    raw: Raw,
    starving: Starving,
}

// Functions that match on the side are always inlined: it is a constant in every caller.
impl RawRwLock {
    pub(crate) const fn new() -> Self {
        Self {
            raw: Raw::INIT,
            starving: Starving::new(),
        }
    }

    #[inline(always)]
    pub(crate) fn lock(&self, side: Side) -> Acquired {
        match self.try_lock(side) {
            Some(acquired) => acquired,
            None => self.wait(side),
        }
    }

    #[inline(always)]
    pub(crate) fn try_lock(&self, side: Side) -> Option<Acquired> {
        yield_before(Access::take(self));
        self.attempt(side)
    }

    /// One attempt. Under an exploration it also fails while a writer keeps readers out, and while the lock
    /// is handed over to another task.
    #[inline(always)]
    fn attempt(&self, side: Side) -> Option<Acquired> {
        if side == Side::Read && self.keeps_readers_out() {
            return None;
        }
        if explored::here().is_some_and(|current| current.is_handed_to_other(self.key())) {
            return None;
        }
        side.try_lock(&self.raw)
    }

    /// Whether a writer waits only for the readers to leave. parking_lot's lock has a bit for that, which
    /// no thread sets under an exploration, since none really waits there.
    #[inline(always)]
    fn keeps_readers_out(&self) -> bool {
        explored::here().is_some_and(|current| current.writer_waits(self.key()))
    }

    /// Gives up after `timeout` at the earliest. A `timeout` that is too long for the clock is no limit.
    #[inline]
    pub(crate) fn try_lock_for(&self, side: Side, timeout: Duration) -> Option<Acquired> {
        self.try_lock(side)
            .or_else(|| match deadline_after(timeout) {
                Some(deadline) => self.wait_until(side, Some(deadline)),
                None => Some(self.wait(side)),
            })
    }

    #[cold]
    fn wait(&self, side: Side) -> Acquired {
        // Without a deadline the wait ends only with the lock.
        loop {
            if let Some(acquired) = self.wait_until(side, None) {
                return acquired;
            }
        }
    }

    /// Waits for a side that was not free; until the deadline, if there is one.
    #[cold]
    fn wait_until(&self, side: Side, deadline: Option<Instant>) -> Option<Acquired> {
        // A writer first excludes other threads that may write, and then keeps readers out until those that are
        // in have left. It competes for the first step only: in the second no thread can pass it, and to give
        // that up would let readers in.
        let first = match side {
            Side::Write => Side::Upgradable,
            Side::Read | Side::Upgradable => side,
        };
        if explored::here().is_some_and(|current| !current.explores_starvation()) {
            return self.compete(side, deadline);
        }
        let starves =
            starves_at().filter(|starves| deadline.is_none_or(|deadline| *starves < deadline));
        if let Some(starves) = starves
            && let Some(acquired) = self.compete(first, Some(starves))
        {
            return match side {
                // SAFETY: acquired just now.
                Side::Write => unsafe { self.upgrade_or_release(acquired, deadline) },
                Side::Read | Side::Upgradable => Some(acquired),
            };
        }
        self.starving.during(|| self.compete(side, deadline))
    }

    /// Waits for a side in the lock's own queue, or in that of the exploration.
    fn compete(&self, side: Side, deadline: Option<Instant>) -> Option<Acquired> {
        match (explored::here(), deadline) {
            (Some(current), _) if side == Side::Write => {
                let acquired = self.wait_explored(current, Side::Upgradable, deadline)?;
                // SAFETY: acquired just now.
                unsafe { self.upgrade_or_release(acquired, deadline) }
            }
            (Some(current), _) => self.wait_explored(current, side, deadline),
            (None, Some(deadline)) => side.try_lock_until(&self.raw, deadline),
            (None, None) => Some(side.lock(&self.raw)),
        }
    }

    /// Trades the upgradable side for writing, and releases it when the deadline passes.
    ///
    /// # Safety
    ///
    /// As of [`upgrade`](Self::upgrade).
    unsafe fn upgrade_or_release(
        &self,
        acquired: Acquired,
        deadline: Option<Instant>,
    ) -> Option<Acquired> {
        // SAFETY: passed on from the caller.
        match unsafe { self.upgrade_until(acquired, deadline) } {
            Ok(acquired) => Some(acquired),
            Err(acquired) => {
                // SAFETY: got back from the upgrade that was given up.
                unsafe { self.unlock(Side::Upgradable, acquired) };
                None
            }
        }
    }

    /// Acquires under an exploration, where a thread sleeps in the exploration's own queue. A release wakes all
    /// sleepers to try again, or hands the lock over to the first of them.
    fn wait_explored(
        &self,
        current: ExploredTask,
        side: Side,
        deadline: Option<Instant>,
    ) -> Option<Acquired> {
        let mut wake = Wake::Woken;
        loop {
            current.yield_before(Access::take(self));
            let acquired = self.attempt(side);
            if wake == Wake::HandedOver {
                current.end_hand_over(self.key());
                // Other tasks may get in now: readers beside a reader, or anyone if this attempt has failed.
                self.released();
            }
            if acquired.is_some() || wake == Wake::TimedOut {
                return acquired;
            }
            wake = current.park(self.key(), || true, deadline);
        }
    }

    /// Waits under an exploration for the readers to leave, and keeps new ones out until then.
    ///
    /// # Safety
    ///
    /// As of [`upgrade`](Self::upgrade).
    unsafe fn upgrade_explored(
        &self,
        current: ExploredTask,
        mut acquired: Acquired,
        deadline: Option<Instant>,
    ) -> Result<Acquired, Acquired> {
        current.announce_writer(self.key());
        let mut is_late = false;
        let upgraded = loop {
            current.also_uses(Access::take(self));
            // SAFETY: passed on from the caller, or got back from the attempt before.
            match unsafe { self.raw.try_upgrade(acquired) } {
                Err(still) if !is_late => acquired = still,
                done => break done,
            }
            is_late = current.park(self.key_of_readers(), || true, deadline) == Wake::TimedOut;
        };
        current.withdraw_writer(self.key());
        if upgraded.is_err() {
            // Readers may get in again.
            self.released();
        }
        upgraded
    }

    /// # Safety
    ///
    /// `acquired` comes from an acquisition of this side by the current thread, which this ends.
    #[inline(always)]
    pub(crate) unsafe fn unlock(&self, side: Side, acquired: Acquired) {
        yield_before(Access::take(self));
        let fairly = || !self.starving.is_zero();
        // SAFETY: passed on from the caller.
        unsafe {
            match side {
                Side::Read => self.raw.unlock_shared(acquired),
                Side::Upgradable if fairly() => self.raw.unlock_upgradable_fair(acquired),
                Side::Upgradable => self.raw.unlock_upgradable(acquired),
                Side::Write if fairly() => self.raw.unlock_exclusive_fair(acquired),
                Side::Write => self.raw.unlock_exclusive(acquired),
            }
        }
        if let Some(current) = explored::here() {
            match side {
                Side::Read => current.unpark(self.key_of_readers()),
                _ if fairly() && current.hand_to_next(self.key()) => {}
                _ => self.released(),
            }
        }
    }

    /// Waits for the readers, and trades the upgradable side for writing. No other thread writes in between.
    ///
    /// # Safety
    ///
    /// As of [`unlock`](Self::unlock), of the upgradable side.
    pub(crate) unsafe fn upgrade(&self, acquired: Acquired) -> Acquired {
        let mut acquired = acquired;
        loop {
            // SAFETY: passed on from the caller, or got back from the attempt before.
            match unsafe { self.upgrade_until(acquired, None) } {
                Ok(upgraded) => return upgraded,
                Err(still) => acquired = still,
            }
        }
    }

    /// As [`upgrade`](Self::upgrade), if that needs no waiting; otherwise returns the acquisition.
    ///
    /// # Safety
    ///
    /// As of [`upgrade`](Self::upgrade).
    pub(crate) unsafe fn try_upgrade(&self, acquired: Acquired) -> Result<Acquired, Acquired> {
        yield_before(Access::take(self));
        // SAFETY: passed on from the caller.
        unsafe { self.raw.try_upgrade(acquired) }
    }

    /// As [`upgrade`](Self::upgrade), for a limited time; returns the acquisition after that.
    ///
    /// # Safety
    ///
    /// As of [`upgrade`](Self::upgrade).
    pub(crate) unsafe fn try_upgrade_for(
        &self,
        acquired: Acquired,
        timeout: Duration,
    ) -> Result<Acquired, Acquired> {
        // SAFETY: passed on from the caller.
        unsafe { self.upgrade_until(acquired, deadline_after(timeout)) }
    }

    /// # Safety
    ///
    /// As of [`upgrade`](Self::upgrade).
    unsafe fn upgrade_until(
        &self,
        acquired: Acquired,
        deadline: Option<Instant>,
    ) -> Result<Acquired, Acquired> {
        yield_before(Access::take(self));
        let Some(current) = explored::here() else {
            return match deadline {
                // SAFETY: passed on from the caller.
                Some(deadline) => unsafe { self.raw.try_upgrade_until(acquired, deadline) },
                // SAFETY: as above.
                None => Ok(unsafe { self.raw.upgrade(acquired) }),
            };
        };
        // SAFETY: passed on from the caller.
        unsafe { self.upgrade_explored(current, acquired, deadline) }
    }

    /// Trades a side for one that excludes fewer threads. No other thread writes in between.
    ///
    /// # Safety
    ///
    /// As of [`unlock`](Self::unlock), of the side `from`.
    #[inline(always)]
    pub(crate) unsafe fn downgrade(&self, from: Side, to: Side, acquired: Acquired) -> Acquired {
        yield_before(Access::take(self));
        // SAFETY: passed on from the caller.
        let acquired = unsafe {
            match (from, to) {
                (Side::Write, Side::Read) => self.raw.downgrade(acquired),
                (Side::Write, Side::Upgradable) => self.raw.downgrade_to_upgradable(acquired),
                (Side::Upgradable, Side::Read) => self.raw.downgrade_upgradable(acquired),
                _ => unreachable!("from {from:?} to {to:?} is no downgrade"),
            }
        };
        self.released();
        acquired
    }

    /// Call it when threads may get in that could not before.
    #[inline(always)]
    fn released(&self) {
        if let Some(current) = explored::here() {
            current.unpark_all(self.key());
        }
    }

    #[inline]
    pub(crate) fn is_locked(&self) -> bool {
        also_uses(Access::look(self));
        self.raw.is_locked()
    }

    #[inline]
    pub(crate) fn is_locked_exclusive(&self) -> bool {
        also_uses(Access::look(self));
        self.raw.is_locked_exclusive() || self.keeps_readers_out()
    }

    /// Where an exploration has the threads that wait for the lock.
    fn key(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// Where an exploration has the writer that waits for the readers to leave: an address inside the lock.
    fn key_of_readers(&self) -> usize {
        self.key() + 1
    }
}
