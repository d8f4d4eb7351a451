//! The raw lock below `RLock`: one word says whether it is held, by whom, and whether anybody sleeps.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use core::time::Duration;

use parking_lot_core::{
    DEFAULT_PARK_TOKEN, ParkResult, SpinWait, UnparkResult, UnparkToken, park, unpark_one,
};

use super::clock::{Instant, deadline_after};
use super::explored::{self, ExploredTask};
use super::explored_lock::ExploredLock;
use super::starving::{PATIENCE, Starving};
use super::task::{TaskId, yield_point};

/// No task holds the lock, and none sleeps for it.
const FREE: u64 = 0;
/// Somebody sleeps for the lock, or is about to.
const AWAITED: u64 = 1;
/// It is locked for the one who was woken just now, who has not said yet who that is. Ids are counted up
/// and do not come that far.
const HANDED_OVER: u64 = !AWAITED;

/// Tells a sleeper to try again.
const RELEASED: UnparkToken = UnparkToken(0);
/// Tells a sleeper that the lock is its own.
const YOURS: UnparkToken = UnparkToken(1);

/// The lock when `task` holds it and nobody sleeps.
const fn held_by(task: TaskId) -> u64 {
    task.get() << 1
}

/// Who holds the lock, as [`held_by`] has it; [`FREE`] if nobody does.
const fn holder(word: u64) -> u64 {
    word & !AWAITED
}

/// A mutex that knows who holds it, whose waiters cannot starve.
///
/// It behaves as [`RawLock`](super::RawLock) does: tries, sleeps, lets a running thread go first, and hands
/// over to the head of the queue once somebody has tried for [`PATIENCE`]. But the owner is in the word
/// that is swapped to acquire and to release. Kept beside a mutex that knows of no owner, it takes two more
/// writes to memory that other threads are trying to get, at 3 to 8 per cent of the throughput.
///
/// # Invariant
///
/// `word` is the holder, and in its lowest bit whether to look for sleepers on release. The holder goes
/// from nobody to a task by that task's compare-and-swap; from a task to nobody, or to [`HANDED_OVER`], only
/// by that task; and from there to the one task that was woken with [`YOURS`]. So a task that reads itself
/// there holds the lock; any other value that it reads may be old, and only says "not you".
///
/// A sleeper sets `AWAITED` and goes to sleep only if, under the lock of the sleepers' queue, it is still set and
/// somebody holds the lock. It is cleared only under the lock of that queue, when nobody is left in it. So
/// whoever releases either finds it set and wakes somebody, or nobody has fallen asleep.
pub(crate) struct RawOwned {
    word: AtomicU64,
    starving: Starving,
    /// For whoever holds the lock, and not used here: in the room that is left beside `starving`, where it
    /// makes the lock no larger.
    pub(crate) levels: AtomicU32,
}

impl RawOwned {
    pub(crate) const fn new() -> Self {
        Self {
            word: AtomicU64::new(FREE),
            starving: Starving::nobody(),
            levels: AtomicU32::new(0),
        }
    }

    /// Acquires the lock for `me`, the current task, if nobody holds it.
    #[inline(always)]
    pub(crate) fn attempt(&self, me: TaskId) -> bool {
        let acquired = match self.swap(FREE, held_by(me)) {
            Ok(()) => true,
            // Free, and somebody is on the way to sleep or from there.
            Err(AWAITED) => self.take(me),
            Err(_) => false,
        };
        if acquired && let Some(current) = explored::here() {
            current.acquired(self.key());
        }
        acquired
    }

    #[inline(always)]
    fn swap(&self, old: u64, new: u64) -> Result<(), u64> {
        // Acquire: who holds the lock sees what was done by who held it before.
        self.word
            .compare_exchange(old, new, Ordering::Acquire, Ordering::Relaxed)
            .map(drop)
    }

    #[cold]
    fn take(&self, me: TaskId) -> bool {
        let mut word = self.word.load(Ordering::Relaxed);
        while holder(word) == FREE {
            match self.swap(word, word | held_by(me)) {
                Ok(()) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Waits for the lock, which another task than `me`, the current one, holds; until the deadline if there
    /// is one. Says whether it was acquired.
    #[cold]
    pub(crate) fn wait(&self, me: TaskId, deadline: Option<Instant>) -> bool {
        let patience = deadline_after(PATIENCE);
        match patience.filter(|patience| deadline.is_none_or(|deadline| *patience < deadline)) {
            None => self.compete(me, deadline),
            Some(patience) => {
                self.compete(me, Some(patience))
                    || self.starving.during(|| self.compete(me, deadline))
            }
        }
    }

    fn compete(&self, me: TaskId, deadline: Option<Instant>) -> bool {
        match explored::here() {
            None => self.queue_up(me, deadline),
            Some(current) => Claim { lock: self, me }.wait_explored(current, deadline),
        }
    }

    /// Tries a few times, and then sleeps until the lock is released or handed over.
    fn queue_up(&self, me: TaskId, deadline: Option<Instant>) -> bool {
        let mut patience = SpinWait::new();
        loop {
            let word = self.word.load(Ordering::Relaxed);
            if holder(word) == FREE {
                if self.swap(word, word | held_by(me)).is_ok() {
                    return true;
                }
                continue;
            }
            if word & AWAITED == 0 {
                if patience.spin() {
                    continue;
                }
                // Relaxed: it hands on nothing. A failure is looked at again.
                let asked = self.word.compare_exchange(
                    word,
                    word | AWAITED,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                );
                if asked.is_err() {
                    continue;
                }
            }
            match self.sleep(deadline) {
                ParkResult::Unparked(YOURS) => {
                    self.take_over(me);
                    return true;
                }
                ParkResult::TimedOut => return false,
                ParkResult::Unparked(_) | ParkResult::Invalid => patience.reset(),
            }
        }
    }

    fn sleep(&self, deadline: Option<Instant>) -> ParkResult {
        let still_held = || {
            let word = self.word.load(Ordering::Relaxed);
            word & AWAITED != 0 && holder(word) != FREE
        };
        let timed_out = |_, was_last: bool| {
            if was_last {
                self.word.fetch_and(!AWAITED, Ordering::Relaxed);
            }
        };
        // SAFETY: the key is the address of a word of ours that outlives the call; the closures load and
        // change that word and do nothing else, so none of them panics or calls back into the parking lot.
        unsafe {
            park(
                self.key(),
                still_held,
                || {},
                timed_out,
                DEFAULT_PARK_TOKEN,
                deadline,
            )
        }
    }

    /// The lock was handed over to `me`.
    fn take_over(&self, me: TaskId) {
        // Others may ask to be woken meanwhile; of the holder they leave every bit. Relaxed: what was done
        // before is seen by having been woken.
        self.word
            .fetch_xor(HANDED_OVER ^ held_by(me), Ordering::Relaxed);
    }

    /// Releases the lock, which `me` holds.
    ///
    /// # Safety
    ///
    /// It does, and whoever acquired it for that task wants this.
    #[inline(always)]
    pub(crate) unsafe fn unlock(&self, me: TaskId) {
        yield_point();
        // Release: see `swap`. Who starves sleeps, or is about to and finds the lock free.
        if explored::here().is_some()
            || self
                .word
                .compare_exchange(held_by(me), FREE, Ordering::Release, Ordering::Relaxed)
                .is_err()
        {
            self.unlock_slowly();
        }
    }

    /// Releases the lock where somebody sleeps for it, or under an exploration.
    #[cold]
    fn unlock_slowly(&self) {
        let starving = !self.starving.is_nobody();
        match explored::here() {
            Some(current) => self.unlock_explored(current, starving),
            None if starving => self.hand_over(),
            None => self.release(),
        }
    }

    /// Lets the lock go, and wakes a sleeper to try for it.
    fn release(&self) {
        let word = self.word.fetch_and(AWAITED, Ordering::Release);
        if word & AWAITED == 0 {
            return;
        }
        let woken = |result: UnparkResult| {
            if !result.have_more_threads {
                self.word.fetch_and(!AWAITED, Ordering::Relaxed);
            }
            RELEASED
        };
        // SAFETY: the key is the address of a word of ours; the closure changes that word and does nothing
        // else, so it neither panics nor calls back into the parking lot.
        unsafe { unpark_one(self.key(), woken) };
    }

    /// Leaves the lock to whoever has slept longest.
    fn hand_over(&self) {
        // Under the lock of the queue. Who sets `AWAITED` meanwhile and has it erased does not fall asleep.
        let woken = |result: UnparkResult| {
            if result.unparked_threads == 0 {
                self.word.store(FREE, Ordering::Release);
                return RELEASED;
            }
            let awaited = u64::from(result.have_more_threads) * AWAITED;
            self.word.store(HANDED_OVER | awaited, Ordering::Relaxed);
            YOURS
        };
        // SAFETY: as for `release`.
        unsafe { unpark_one(self.key(), woken) };
    }

    fn unlock_explored(&self, current: ExploredTask, starving: bool) {
        if starving {
            self.word.fetch_or(HANDED_OVER, Ordering::Relaxed);
            if current.hand_over(self.key()) {
                return;
            }
        }
        self.release();
        current.released(self.key());
    }

    #[inline]
    pub(crate) fn is_locked(&self) -> bool {
        holder(self.word.load(Ordering::Relaxed)) != FREE
    }

    /// Which task holds the lock. By the time the answer is looked at it may have changed, unless that
    /// task runs on this thread.
    pub(crate) fn holder(&self) -> Option<TaskId> {
        let holder = holder(self.word.load(Ordering::Relaxed));
        // No task, or one that has not said which one it is.
        TaskId::new(holder >> 1).filter(|_| holder != HANDED_OVER)
    }

    /// Whether `me`, the current task, holds the lock.
    #[inline(always)]
    pub(crate) fn is_held_by(&self, me: TaskId) -> bool {
        holder(self.word.load(Ordering::Relaxed)) == held_by(me)
    }

    fn key(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }
}

/// The lock, wanted by a task of an exploration.
struct Claim<'a> {
    lock: &'a RawOwned,
    me: TaskId,
}

impl ExploredLock for Claim<'_> {
    fn take(&self) -> bool {
        self.lock.take(self.me)
    }

    fn take_within(&self, timeout: Duration) -> bool {
        self.lock.queue_up(self.me, deadline_after(timeout))
    }

    fn is_taken(&self) -> bool {
        self.lock.is_locked()
    }

    fn take_over(&self) {
        self.lock.take_over(self.me);
    }

    fn key(&self) -> usize {
        self.lock.key()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::thread;

    use super::super::task::{new_task_id, task_id};
    use super::*;

    const SHORT: Duration = Duration::from_micros(300);

    #[test]
    fn who_gives_up_leaves_nothing_behind() {
        let lock = RawOwned::new();
        let me = task_id();
        assert!(lock.attempt(me) && lock.is_held_by(me));
        thread::scope(|s| {
            // One within its patience, one beyond.
            for limit in [SHORT, PATIENCE * 2] {
                let lock = &lock;
                s.spawn(move || assert!(!lock.wait(task_id(), deadline_after(limit))));
            }
        });
        assert_eq!(lock.word.load(Ordering::Relaxed), held_by(me));
        assert!(lock.starving.is_nobody());
        // SAFETY: acquired above.
        unsafe { lock.unlock(me) };
        assert!(!lock.is_locked());
    }

    #[test]
    fn all_who_starve_get_it() {
        let lock = RawOwned::new();
        let me = task_id();
        assert!(lock.attempt(me));
        thread::scope(|s| {
            let starving: Vec<_> = (0..3)
                .map(|_| {
                    s.spawn(|| {
                        let me = task_id();
                        assert!(lock.wait(me, None) && lock.is_held_by(me));
                        // SAFETY: acquired just now.
                        unsafe { lock.unlock(me) };
                    })
                })
                .collect();
            while lock.starving.count() < 3 || lock.word.load(Ordering::Relaxed) & AWAITED == 0 {
                thread::yield_now();
            }
            // SAFETY: acquired above.
            unsafe { lock.unlock(me) };
            for thread in starving {
                thread.join().unwrap();
            }
        });
        assert_eq!(lock.word.load(Ordering::Relaxed), FREE);
        assert!(lock.starving.is_nobody());
    }

    #[test]
    fn nobody_has_what_was_handed_over_but_not_taken_over() {
        let lock = RawOwned::new();
        let (before, next) = (new_task_id(), new_task_id());
        for awaited in [0, AWAITED] {
            lock.word.store(HANDED_OVER | awaited, Ordering::Relaxed);
            assert!(lock.is_locked());
            assert!(!lock.is_held_by(before) && !lock.is_held_by(next) && !lock.attempt(next));
            lock.take_over(next);
            assert!(lock.is_held_by(next));
            // SAFETY: handed over above.
            unsafe { lock.unlock(next) };
            assert_eq!(lock.word.load(Ordering::Relaxed), FREE);
        }
    }

    /// A number that is lost or torn where two are in at once.
    struct Guarded(RawOwned, Cell<u64>);

    // SAFETY: the cell is used by whoever holds the lock; that this is one at a time is what is tested.
    unsafe impl Sync for Guarded {}

    #[test]
    fn one_at_a_time_whichever_way_they_come() {
        const EACH: u64 = if cfg!(debug_assertions) {
            4_000
        } else {
            60_000
        };
        let guarded = Guarded(RawOwned::new(), Cell::new(0));
        let got: u64 = thread::scope(|s| {
            let threads: Vec<_> = (0..6_u64)
                .map(|n| {
                    let guarded = &guarded;
                    s.spawn(move || {
                        let (lock, me) = (&guarded.0, task_id());
                        let mut got = 0;
                        for step in 0..EACH {
                            let acquired = lock.attempt(me)
                                || match (n + step) % 4 {
                                    0 => false,
                                    1 => lock.wait(me, deadline_after(SHORT / 30)),
                                    2 => lock.wait(me, deadline_after(SHORT)),
                                    _ => lock.wait(me, None),
                                };
                            if acquired {
                                assert!(lock.is_held_by(me));
                                guarded.1.set(guarded.1.get() + 1);
                                got += 1;
                                if step % 1024 == n {
                                    // Long enough for some to starve.
                                    thread::sleep(PATIENCE);
                                }
                                // SAFETY: acquired above.
                                unsafe { lock.unlock(me) };
                            }
                            assert!(!lock.is_held_by(me));
                        }
                        got
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(guarded.1.get(), got);
        assert_eq!(guarded.0.word.load(Ordering::Relaxed), FREE);
        assert!(guarded.0.starving.is_nobody());
    }
}
