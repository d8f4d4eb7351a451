//! The raw readers-writer lock that reports to the inspect room.

use core::marker::PhantomData;
use core::time::Duration;

use super::guard::{Hold, Writes};
use crate::backend::{Acquired, RawRwLock, Side};
use crate::inspect::RwTag;

/// A [`RawRwLock`] and what is known of it; without inspection it is the raw lock alone.
///
/// The tag hears that a side is held after it is so, and that it is not any more before it is.
pub(super) struct TracedRwLock {
    raw: RawRwLock,
    tag: RwTag,
}

/// A side as a type, so that the compiler tells the acquisitions of different sides apart.
pub(super) trait OnSide: Hold<Raw = TracedRwLock, Acquired = OfSide<Self>> + Sized {
    const SIDE: Side;
}

/// A side that keeps more others out than `To` does, and can be traded for that.
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

        // SAFETY: a readers-writer lock that is held, in whatever way, is written by its writer only, and
        // lets in no writer that is not the holder.
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

// SAFETY: while one thread writes, no other reads or writes.
unsafe impl Writes for Write {}

impl Above<Read> for Write {}
impl Above<Upgradable> for Write {}
impl Above<Read> for Upgradable {}

impl TracedRwLock {
    #[track_caller]
    pub(super) const fn new() -> Self {
        Self::over(RwTag::new())
    }

    #[track_caller]
    pub(super) const fn named(name: &'static str) -> Self {
        Self::over(RwTag::named(name))
    }

    const fn over(tag: RwTag) -> Self {
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
        let (attempt, wait) = (|| self.raw.try_lock(S::SIDE), || self.raw.lock(S::SIDE));
        OfSide::new(self.tag.acquire(S::SIDE, attempt, wait))
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_lock<S: OnSide>(&self) -> Option<OfSide<S>> {
        self.reported(self.raw.try_lock(S::SIDE))
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_lock_for<S: OnSide>(&self, timeout: Duration) -> Option<OfSide<S>> {
        // No limit: see `TracedLock`.
        if timeout == Duration::MAX {
            return Some(self.lock());
        }
        let _waiting = self.tag.waiting(S::SIDE);
        self.reported(self.raw.try_lock_for(S::SIDE, timeout))
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
    /// The acquisition was made of this lock, by the current thread, and is given up.
    #[inline]
    unsafe fn unlock<S: OnSide>(&self, acquired: OfSide<S>) {
        self.tag.released(S::SIDE);
        // SAFETY: passed on from the caller.
        unsafe { self.raw.unlock(S::SIDE, acquired.0) };
    }

    /// Reports that the current task goes from one side to another.
    #[inline]
    #[track_caller]
    fn changed<From: OnSide, To: OnSide>(&self) {
        self.tag.released(From::SIDE);
        self.tag.acquired(To::SIDE);
    }

    /// Waits for the readers; nobody writes in between.
    ///
    /// # Safety
    ///
    /// The acquisition was made of this lock, by the current thread, and is given up for the one that this
    /// returns.
    #[inline]
    #[track_caller]
    pub(super) unsafe fn upgrade(&self, acquired: OfSide<Upgradable>) -> OfSide<Write> {
        let _waiting = self.tag.waiting_to_upgrade();
        // SAFETY: passed on from the caller.
        let acquired = unsafe { self.raw.upgrade(acquired.0) };
        self.changed::<Upgradable, Write>();
        OfSide::new(acquired)
    }

    /// # Safety
    ///
    /// As of [`upgrade`](Self::upgrade).
    #[inline]
    #[track_caller]
    pub(super) unsafe fn try_upgrade(
        &self,
        acquired: OfSide<Upgradable>,
    ) -> Result<OfSide<Write>, OfSide<Upgradable>> {
        // SAFETY: passed on from the caller.
        let acquired = unsafe { self.raw.try_upgrade(acquired.0) }.map_err(OfSide::new)?;
        self.changed::<Upgradable, Write>();
        Ok(OfSide::new(acquired))
    }

    /// # Safety
    ///
    /// As of [`upgrade`](Self::upgrade).
    #[inline]
    #[track_caller]
    pub(super) unsafe fn try_upgrade_for(
        &self,
        acquired: OfSide<Upgradable>,
        timeout: Duration,
    ) -> Result<OfSide<Write>, OfSide<Upgradable>> {
        let _waiting = self.tag.waiting_to_upgrade();
        // SAFETY: passed on from the caller.
        let acquired = unsafe { self.raw.try_upgrade_for(acquired.0, timeout) };
        let acquired = acquired.map_err(OfSide::new)?;
        self.changed::<Upgradable, Write>();
        Ok(OfSide::new(acquired))
    }

    /// Lets more others in; nobody writes in between.
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
        // Before others may get in.
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
