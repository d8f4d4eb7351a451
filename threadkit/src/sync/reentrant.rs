//! The raw lock below `RLock`: an owner and a level count beside the fast lock.

use core::cell::Cell;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use core::time::Duration;

use super::relock::relocking;
use super::traced::TracedLock;
use crate::backend;
use crate::backend::lock_api::{RawMutex, RawMutexTimed};
use crate::inspect::LockTag;

/// No task has this id.
const NOBODY: u64 = 0;

thread_local! {
    /// How many reentrant locks are held on this thread, by whichever of its tasks, those included
    /// whose guards were leaked.
    ///
    /// While it is zero, no owner needs to be looked at. That is what makes the lock fast when other
    /// threads want it too: reading a place that they write, just before the attempt to acquire, costs
    /// a fifth of the throughput. No destructor: locks may be taken while other thread-locals are being
    /// destroyed.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// A raw lock that its owner may acquire again.
///
/// # Invariant
///
/// `owner` is the id of the task that holds `raw`, or [`NOBODY`]. It is written only by the task
/// that holds `raw`: to its own id after acquiring, back to nobody before releasing. So a task reads
/// its own id there exactly while it holds the lock, and ids are never given out twice; any other
/// value it reads may be old, and only says "not you". `extra` is how many levels the owner has
/// beyond the first; it is touched by the owner only. Both are relaxed: `raw` orders one owner
/// before the next.
pub(super) struct ReentrantRaw {
    owner: AtomicU64,
    extra: AtomicU32,
    raw: TracedLock,
}

impl ReentrantRaw {
    #[track_caller]
    pub(super) const fn new() -> Self {
        Self::over(TracedLock::new())
    }

    #[track_caller]
    pub(super) const fn named(name: &'static str) -> Self {
        Self::over(TracedLock::named(name))
    }

    const fn over(raw: TracedLock) -> Self {
        Self {
            owner: AtomicU64::new(NOBODY),
            extra: AtomicU32::new(0),
            raw,
        }
    }

    pub(super) fn tag(&self) -> &LockTag {
        self.raw.tag()
    }

    /// Enters one level, waiting for the lock if another task holds it.
    // Always inlined, as the rest of the way in and out: for its size the compiler would decide
    // differently from caller to caller, and a call costs a sixth of the whole.
    #[inline(always)]
    #[track_caller]
    pub(super) fn lock(&self) -> Level<'_> {
        let me = backend::task_id().get();
        if self.belongs_to(me) {
            self.deepen();
        } else {
            self.raw.lock();
            self.own(me);
        }
        Level::new(self)
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_lock(&self) -> Option<Level<'_>> {
        self.enter(|raw| raw.try_lock().is_some())
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_lock_for(&self, timeout: Duration) -> Option<Level<'_>> {
        self.enter(|raw| raw.try_lock_for(timeout).is_some())
    }

    #[inline]
    fn enter(&self, acquire: impl FnOnce(&TracedLock) -> bool) -> Option<Level<'_>> {
        let me = backend::task_id().get();
        if self.belongs_to(me) {
            self.deepen();
        } else if acquire(&self.raw) {
            self.own(me);
        } else {
            return None;
        }
        Some(Level::new(self))
    }

    /// Whether the task `me`, which runs on this thread, holds the lock.
    #[inline(always)]
    fn belongs_to(&self, me: u64) -> bool {
        HELD.get() > 0 && self.owner.load(Ordering::Relaxed) == me
    }

    /// Makes `me`, which has just acquired the raw lock, its owner.
    #[inline(always)]
    fn own(&self, me: u64) {
        self.owner.store(me, Ordering::Relaxed);
        HELD.set(HELD.get() + 1);
    }

    /// Makes nobody the owner of the raw lock, which the current task is about to release.
    #[inline(always)]
    fn disown(&self) {
        self.owner.store(NOBODY, Ordering::Relaxed);
        HELD.set(HELD.get() - 1);
    }

    /// Enters one more level of a lock that the current task holds.
    #[inline]
    fn deepen(&self) {
        let extra = self.extra.load(Ordering::Relaxed);
        match extra.checked_add(1) {
            Some(deeper) => self.extra.store(deeper, Ordering::Relaxed),
            None => too_deep(),
        }
    }

    #[inline]
    pub(super) fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// Whether the current task holds the lock.
    #[inline]
    pub(super) fn is_mine(&self) -> bool {
        self.belongs_to(backend::task_id().get())
    }

    /// Whether the current task, which holds the lock, has entered more than one level.
    #[inline]
    pub(super) fn is_nested(&self) -> bool {
        self.extra.load(Ordering::Relaxed) > 0
    }

    /// Runs `f` with all levels left; they are entered again before this returns or unwinds.
    ///
    /// # Safety
    ///
    /// The current task holds the lock. `f` leaves no level of this lock that it has not entered,
    /// and uses nothing that these levels protect.
    #[track_caller]
    pub(super) unsafe fn unlocked<R>(&self, f: impl FnOnce() -> R) -> R {
        let me = self.owner.load(Ordering::Relaxed);
        let extra = self.extra.load(Ordering::Relaxed);
        self.extra.store(0, Ordering::Relaxed);
        self.disown();
        let relock = || {
            self.raw.lock();
            self.own(me);
            self.extra.store(extra, Ordering::Relaxed);
        };
        let result = relocking(relock, || {
            // SAFETY: the current task holds the raw lock; as to the guard state, see `unlock`.
            unsafe { self.raw.unlock(<TracedLock as RawMutex>::Guard::default()) };
            f()
        });
        self.tag().acquired();
        result
    }

    /// Leaves one level.
    ///
    /// # Safety
    ///
    /// The current task has entered this level and not left it.
    #[inline(always)]
    pub(super) unsafe fn unlock(&self) {
        let extra = self.extra.load(Ordering::Relaxed);
        if extra > 0 {
            self.extra.store(extra - 1, Ordering::Relaxed);
        } else {
            self.disown();
            // SAFETY: this was the only level, so the current task holds the raw lock; its guard
            // state says nothing, so a new one is as good as the one that acquiring returned.
            unsafe { self.raw.unlock(<TracedLock as RawMutex>::Guard::default()) };
        }
    }
}

#[cold]
fn too_deep() -> ! {
    panic!(
        "an `RLock` cannot be acquired more than {} times at once",
        u32::MAX
    )
}

/// One level of a reentrant lock, left when this is dropped.
///
/// It stays on its thread, because the owner of the lock does.
pub(super) struct Level<'a> {
    raw: &'a ReentrantRaw,
    on_its_thread: <TracedLock as RawMutex>::Guard,
}

impl<'a> Level<'a> {
    /// The level that the current task has just entered.
    #[inline]
    fn new(raw: &'a ReentrantRaw) -> Self {
        Self {
            raw,
            on_its_thread: Default::default(),
        }
    }

    pub(super) fn raw(&self) -> &'a ReentrantRaw {
        self.raw
    }
}

impl Drop for Level<'_> {
    #[inline]
    fn drop(&mut self) {
        let _ = &self.on_its_thread;
        // SAFETY: a `Level` is made when one is entered, cannot be copied, and does not leave its
        // thread; so this leaves a level of the current task, once.
        unsafe { self.raw.unlock() };
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{self, AssertUnwindSafe};

    use super::*;

    #[test]
    fn one_level_too_many_is_refused_and_changes_nothing() {
        let raw = ReentrantRaw::new();
        let level = raw.lock();
        raw.extra.store(u32::MAX - 1, Ordering::Relaxed);
        let deepest = raw.lock();
        let attempts: [fn(&ReentrantRaw); 2] = [|raw| drop(raw.lock()), |raw| drop(raw.try_lock())];
        for attempt in attempts {
            assert!(panic::catch_unwind(AssertUnwindSafe(|| attempt(&raw))).is_err());
            assert_eq!(raw.extra.load(Ordering::Relaxed), u32::MAX);
        }
        drop(deepest);
        raw.extra.store(0, Ordering::Relaxed);
        drop(level);
        assert!(!raw.is_locked());
    }
}
