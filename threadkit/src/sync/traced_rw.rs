//! The raw readers-writer lock that reports to the inspect room.

use core::marker::PhantomData;
use core::time::Duration;

use super::guard::{Hold, Writes};
use crate::backend::{Acquired, RawRwLock, Side};
use crate::inspect::RwTag;

/// A [`RawRwLock`] and its inspection data; without inspection it is the raw lock alone.
///
/// The tag is notified after a side is acquired, and before it is released.
pub(super) struct TracedRwLock {
    raw: RawRwLock,
    tag: RwTag,
}

/// A side as a type, so that the compiler tells the acquisitions of different sides apart.
pub(super) trait OnSide: Hold<Raw = TracedRwLock, Acquired = OfSide<Self>> + Sized {
    const SIDE: Side;
}

/// A side that excludes more threads than `To` does, and can be traded for it.
pub(super) trait Above<To: OnSide>: OnSide {}

/// One acquisition of a side.
pub(super) struct OfSide<S>(Acquired, PhantomData<S>);

impl<S> OfSide<S> {
    #[inline(always)]
    fn new(acquired: Acquired) -> Self {
        Self(acquired, PhantomData)
    }
}

macro_rules! sides {
    ($($side:ident)*) => {$(
        pub(super) struct $side;

        impl OnSide for $side {
            const SIDE: Side = Side::$side;
        }

        // SAFETY: while a readers-writer lock is held in any way, no other thread can hold it for
        // writing.
        unsafe impl Hold for $side {
            type Raw = TracedRwLock;
            type Acquired = OfSide<Self>;

            #[inline(always)]
            unsafe fn release(raw: &TracedRwLock, acquired: OfSide<Self>) {
                // SAFETY: passed on from the caller.
                unsafe { raw.unlock(acquired) };
            }
        }
    )*};
}

sides!(Read Upgradable Write);

// SAFETY: while one thread holds the lock for writing, no other guard of it exists.
unsafe impl Writes for Write {}

impl Above<Read> for Write {}
impl Above<Upgradable> for Write {}
impl Above<Read> for Upgradable {}

impl TracedRwLock {
    pub(super) const fn new(tag: RwTag) -> Self {
        Self {
            raw: RawRwLock::new(),
            tag,
        }
    }

    pub(super) fn tag(&self) -> &RwTag {
        &self.tag
    }

    /// May unwind, and does so before anything is acquired.
    #[inline]
    #[track_caller]
    pub(super) fn lock<S: OnSide>(&self) -> OfSide<S> {
        let is_kept_out = || match self.raw.try_lock(S::SIDE) {
            Some(acquired) => {
                // SAFETY: acquired just now.
                unsafe { self.raw.unlock(S::SIDE, acquired) };
                false
            }
            None => true,
        };
        let (attempt, wait) = (|| self.raw.try_lock(S::SIDE), || self.raw.lock(S::SIDE));
        OfSide::new(self.tag.acquire(S::SIDE, &is_kept_out, attempt, wait))
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_lock<S: OnSide>(&self) -> Option<OfSide<S>> {
        let acquired = self.reported(self.raw.try_lock(S::SIDE));
        if acquired.is_none() {
            self.tag.tried();
        }
        acquired
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_lock_for<S: OnSide>(&self, timeout: Duration) -> Option<OfSide<S>> {
        // There is no limit: see `TracedLock`.
        if timeout == Duration::MAX {
            return Some(self.lock());
        }
        let attempt = || self.raw.try_lock(S::SIDE);
        let wait = || self.raw.try_lock_for(S::SIDE, timeout);
        self.reported(self.tag.wait_within(S::SIDE, attempt, wait))
    }

    #[inline]
    #[track_caller]
    fn reported<S: OnSide>(&self, acquired: Option<Acquired>) -> Option<OfSide<S>> {
        self.tag.used();
        let acquired = acquired?;
        self.tag.acquired(S::SIDE);
        Some(OfSide::new(acquired))
    }

    /// # Safety
    ///
    /// The acquisition was made of this lock by the current thread, and this ends it.
    #[inline]
    unsafe fn unlock<S: OnSide>(&self, acquired: OfSide<S>) {
        // SAFETY: passed on from the caller.
        let unlock = || unsafe { self.raw.unlock(S::SIDE, acquired.0) };
        self.tag.release(S::SIDE, unlock);
    }

    /// Reports that the current task goes from one side to another.
    #[inline]
    #[track_caller]
    fn changed<From: OnSide, To: OnSide>(&self) {
        self.tag.release(From::SIDE, || {});
        self.tag.acquired(To::SIDE);
    }

    /// Waits for the readers. No other thread writes in between.
    ///
    /// # Safety
    ///
    /// The acquisition was made of this lock by the current thread, and is replaced by the one that this
    /// returns.
    #[inline]
    #[track_caller]
    pub(super) unsafe fn upgrade(&self, acquired: OfSide<Upgradable>) -> OfSide<Write> {
        // SAFETY: passed on from the caller.
        let wait = || unsafe { self.raw.upgrade(acquired.0) };
        let acquired = self.tag.upgrade(wait);
        self.changed::<Upgradable, Write>();
        OfSide::new(acquired)
    }

    /// Waits for a limited time, or not at all.
    ///
    /// # Safety
    ///
    /// As of [`upgrade`](Self::upgrade).
    #[inline]
    #[track_caller]
    pub(super) unsafe fn try_upgrade(
        &self,
        acquired: OfSide<Upgradable>,
        timeout: Option<Duration>,
    ) -> Result<OfSide<Write>, OfSide<Upgradable>> {
        let upgraded = match timeout {
            // SAFETY: passed on from the caller.
            None => unsafe { self.raw.try_upgrade(acquired.0) },
            Some(timeout) => {
                let _waiting = self.tag.waiting_to_upgrade();
                // SAFETY: as above.
                unsafe { self.raw.try_upgrade_for(acquired.0, timeout) }
            }
        };
        let acquired = upgraded.map_err(OfSide::new)?;
        self.changed::<Upgradable, Write>();
        Ok(OfSide::new(acquired))
    }

    /// Lets more threads in. No other thread writes in between.
    ///
    /// # Safety
    ///
    /// As of [`upgrade`](Self::upgrade).
    #[inline]
    #[track_caller]
    pub(super) unsafe fn downgrade<From: Above<To>, To: OnSide>(
        &self,
        acquired: OfSide<From>,
    ) -> OfSide<To> {
        // Reported before other threads can get in.
        self.changed::<From, To>();
        // SAFETY: passed on from the caller.
        OfSide::new(unsafe { self.raw.downgrade(From::SIDE, To::SIDE, acquired.0) })
    }

    #[inline]
    pub(super) fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    #[inline]
    pub(super) fn is_written(&self) -> bool {
        self.raw.is_locked_exclusive()
    }
}
