//! The raw lock below `RLock`, with its levels.

use core::cell::Cell;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use super::guard::Hold;
use super::relock::relocking;
use crate::backend::{self, Access, RawOwned, TaskId};
use crate::identity;
use crate::inspect::{self, LockTag};
use crate::local::local;

local! {
    /// How many reentrant locks are held on this thread, by any of its tasks, including locks whose guards
    /// were leaked.
    ///
    /// While it is zero, an acquisition need not check first whether the task holds the lock already. That
    /// check is cheap for the holder. For other threads it costs throughput under contention: the cache line
    /// that another core has just written is fetched for the read and again for the write. Both ways are
    /// correct.
    ///
    /// It has no destructor, because locks may be acquired while other thread-locals are being destroyed.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// A raw lock that its owner can acquire again.
///
/// # Invariant
///
/// `levels` of `raw` counts the levels that the owner has entered beyond the first; it is zero while the lock
/// is free. Only the owner accesses it, so `raw` orders the accesses, which are relaxed.
pub(super) struct ReentrantRaw {
    raw: RawOwned,
    tag: LockTag,
}

impl ReentrantRaw {
    pub(super) const fn new(tag: LockTag) -> Self {
        Self {
            raw: RawOwned::new(),
            tag,
        }
    }

    pub(super) fn tag(&self) -> &LockTag {
        &self.tag
    }

    /// The levels beyond the first.
    #[inline(always)]
    fn extra(&self) -> &AtomicU32 {
        &self.raw.levels
    }

    /// Enters one level, waiting for the lock if another task holds it.
    // Always inlined, as all of the fast path: the compiler would decide differently from caller to caller,
    // and a call is a noticeable part of the cost.
    #[inline(always)]
    #[track_caller]
    pub(super) fn lock(&self) -> Level {
        let owner = backend::task_id();
        self.lock_for(owner);
        Level { owner }
    }

    #[inline(always)]
    #[track_caller]
    fn lock_for(&self, me: TaskId) {
        if !self.enter(me, true) {
            self.wait(me);
        }
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_lock(&self) -> Option<Level> {
        let owner = backend::task_id();
        let entered = self.enter(owner, false);
        if !entered {
            self.tag.tried();
        }
        entered.then_some(Level { owner })
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_lock_for(&self, timeout: Duration) -> Option<Level> {
        let owner = backend::task_id();
        (self.enter(owner, false) || self.wait_for(owner, timeout)).then_some(Level { owner })
    }

    /// Enters one level, unless a task other than `me`, the current one, holds the lock. `waits` says whether the
    /// caller would wait for it without a limit.
    #[inline(always)]
    #[track_caller]
    fn enter(&self, me: TaskId, waits: bool) -> bool {
        backend::yield_point();
        self.tag.used();
        if HELD.get() > 0 && self.raw.is_held_by(me) {
            self.deepen();
            return true;
        }
        let acquired = self.raw.attempt(me);
        if acquired {
            HELD.set(HELD.get() + 1);
            match waits {
                true => self.tag.acquired_at_once(),
                false => self.tag.acquired(),
            }
        }
        acquired
    }

    /// Waits for the lock, which a task other than `me`, the current one, holds.
    ///
    /// # Panics
    ///
    /// If that task runs below the current one on this thread: it cannot release before the current one ends.
    #[cold]
    #[track_caller]
    fn wait(&self, me: TaskId) {
        self.refuse_if_held_below();
        // Without a deadline `raw.wait` ends only with the lock. The loop makes sure of that.
        let wait = || while !self.raw.wait(me, None) {};
        self.tag.acquire(|| None, || None, wait);
        HELD.set(HELD.get() + 1);
    }

    /// Works in every build, because the lock itself knows its owner; the tag says more where it can. One check
    /// before the first sleep is enough: while this task waits, no other task of its thread runs and could
    /// acquire the lock.
    #[track_caller]
    fn refuse_if_held_below(&self) {
        let owner = self.raw.holder();
        self.tag.refuse_if_held_below(owner);
        if owner.is_some_and(identity::runs_here) {
            inspect::refuse(
                "a task acquires an `RLock` that is held by the task in which it runs, on the same thread, \
                 and so can never be released: release the lock before running or joining a task that \
                 needs it",
            );
        }
    }

    #[cold]
    #[track_caller]
    fn wait_for(&self, me: TaskId, timeout: Duration) -> bool {
        let Some(deadline) = backend::deadline_after(timeout) else {
            self.wait(me);
            return true;
        };
        let wait = || self.raw.wait(me, Some(deadline)).then_some(());
        let acquired = self.tag.wait_within(|| None, wait).is_some();
        if acquired {
            HELD.set(HELD.get() + 1);
            self.tag.acquired();
        }
        acquired
    }

    /// Enters one more level of a lock that the current task holds.
    #[inline]
    #[track_caller]
    fn deepen(&self) {
        let extra = self.extra().load(Ordering::Relaxed);
        match extra.checked_add(1) {
            Some(deeper) => self.extra().store(deeper, Ordering::Relaxed),
            None => too_deep(),
        }
    }

    #[inline]
    pub(super) fn is_locked(&self) -> bool {
        backend::also_uses(Access::look(&self.raw));
        self.raw.is_locked()
    }

    /// Whether the current task holds the lock.
    #[inline]
    pub(super) fn is_mine(&self) -> bool {
        self.raw.is_held_by(backend::task_id())
    }
}

/// How many levels there can be: the first, and the others that [`ReentrantRaw::extra`] can count.
const MAX_LEVELS: u64 = 1 + u32::MAX as u64;

#[cold]
#[track_caller]
fn too_deep() -> ! {
    panic!("an `RLock` cannot be acquired more than {MAX_LEVELS} times at once")
}

/// One level of a reentrant lock, entered by a task of this thread and not left.
pub(super) struct Level {
    owner: TaskId,
}

// SAFETY: one task at a time owns the lock. Its guards stay on their thread and give `&T` only, and no other
// thread reaches the value.
unsafe impl Hold for Level {
    type Raw = ReentrantRaw;
    type Acquired = Self;

    #[inline(always)]
    unsafe fn release(raw: &ReentrantRaw, level: Self) {
        // SAFETY: passed on from the caller.
        unsafe { raw.leave(level.owner) };
    }
}

impl ReentrantRaw {
    /// How many levels the current task has entered.
    pub(super) fn depth(&self) -> usize {
        match self.raw.is_held_by(backend::task_id()) {
            // Relaxed: only the owner changes it.
            true => self.extra().load(Ordering::Relaxed) as usize + 1,
            false => 0,
        }
    }

    /// Whether the owner has entered more than one level.
    ///
    /// The answer is meaningful only while the caller has one of them.
    #[inline]
    pub(super) fn is_nested(&self) -> bool {
        self.extra().load(Ordering::Relaxed) > 0
    }

    /// Runs `f` with all levels left; they are entered again, for the same owner, before this returns or
    /// unwinds.
    ///
    /// # Safety
    ///
    /// - `level` is a level of this lock and stays entered until then. Its owner is a task of this thread, not
    ///   necessarily the current one, and holds the lock.
    /// - `f` leaves no level of this lock that it has not entered.
    /// - The value may be reached by other threads while `f` runs: every reference to it that came through
    ///   a guard of the owner and is used afterwards is to a `Sync` value, and `f` uses none itself.
    #[track_caller]
    pub(super) unsafe fn unlocked<R>(&self, level: &Level, f: impl FnOnce() -> R) -> R {
        let owner = level.owner;
        let extra = self.extra().swap(0, Ordering::Relaxed);
        let relock = || {
            self.lock_for(owner);
            self.extra().store(extra, Ordering::Relaxed);
        };
        let result = relocking(relock, || {
            // SAFETY: the owner holds the lock on this thread, as the caller says, and the other levels
            // were taken off the count above, so this leaves the only one.
            unsafe { self.leave(owner) };
            f()
        });
        self.tag.reacquired();
        result
    }

    /// Leaves one level.
    ///
    /// # Safety
    ///
    /// The owner, a task of this thread and not necessarily the current one, has entered this level and
    /// not left it.
    #[inline(always)]
    unsafe fn leave(&self, owner: TaskId) {
        let extra = self.extra().load(Ordering::Relaxed);
        if extra > 0 {
            self.extra().store(extra - 1, Ordering::Relaxed);
        } else {
            HELD.set(HELD.get() - 1);
            // SAFETY: this was the only level of the owner, which holds the lock and gives it up.
            self.tag.release(|| unsafe { self.raw.unlock(owner) });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{self, AssertUnwindSafe};

    use super::*;

    #[test]
    fn one_level_too_many_is_refused_and_changes_nothing() {
        let raw = ReentrantRaw::new(LockTag::new());
        let first = raw.lock();
        // As if all but one of the other levels had been entered.
        raw.extra().store(u32::MAX - 1, Ordering::Relaxed);
        let deepest = raw.lock();
        let levels = 1 + u64::from(raw.extra().load(Ordering::Relaxed));
        let attempts: [fn(&ReentrantRaw); 2] = [|raw| _ = raw.lock(), |raw| _ = raw.try_lock()];
        for attempt in attempts {
            let refused = panic::catch_unwind(AssertUnwindSafe(|| attempt(&raw)));
            let message = refused.unwrap_err().downcast::<String>().unwrap();
            assert!(message.contains(&format!(" {levels} times")), "{message}");
            assert_eq!(raw.extra().load(Ordering::Relaxed), u32::MAX);
        }
        // SAFETY: both were entered above, by this task.
        unsafe {
            raw.leave(deepest.owner);
            raw.extra().store(0, Ordering::Relaxed);
            raw.leave(first.owner);
        }
        assert!(!raw.is_locked());
    }
}
