//! The raw lock below `RLock`: one word says whether it is held, by which task, and whether threads sleep.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use core::time::Duration;

use parking_lot_core::{
    DEFAULT_PARK_TOKEN, ParkResult, SpinWait, UnparkResult, UnparkToken, park, unpark_one,
};

use super::clock::{Instant, deadline_after};
use super::explored::{self, Access, ExploredTask};
use super::explored_lock::ExploredLock;
use super::starving::{Starving, starves_at};
use super::task::{TaskId, yield_before};

/// No task holds the lock, and none sleeps for it.
const FREE: u64 = 0;
/// A thread sleeps for the lock, or is about to.
const AWAITED: u64 = 1;
/// It is locked for the thread that was just woken, which has not written its id yet. Ids are counted up and
/// never get that large.
const HANDED_OVER: u64 = !AWAITED;

/// Tells a sleeper to try again.
const RELEASED: UnparkToken = UnparkToken(0);
/// Tells a sleeper that the lock is its own.
const YOURS: UnparkToken = UnparkToken(1);

/// The word when `task` holds the lock and no thread sleeps.
const fn held_by(task: TaskId) -> u64 {
    task.get() << 1
}

/// The holder, as in [`held_by`]; [`FREE`] if there is none.
const fn holder(word: u64) -> u64 {
    word & !AWAITED
}

/// A mutex that knows its owner, whose waiters cannot starve.
///
/// It behaves as [`RawLock`](super::RawLock) does: it tries, sleeps, lets a running thread go first, and hands
/// over to the head of the queue once a thread has tried for [`starves_at`]. But the owner is in the word
/// that is swapped to acquire and to release. An owner beside a mutex without one would need two more
/// writes to a cache line for which other threads compete.
///
/// # Invariant
///
/// `word` is the holder, and its lowest bit says whether to look for sleepers on release. The holder changes
/// from none to a task by that task's compare-and-swap; from a task to none, or to [`HANDED_OVER`], only by that
/// task; and from there to the one task that was woken with [`YOURS`]. So a task that reads its own id there
/// holds the lock. Any other value that it reads may be out of date, and only means that another task or none
/// holds the lock.
///
/// A thread sets `AWAITED`, and falls asleep only if, under the lock of the sleepers' queue, the bit is still set
/// and the lock is held. The bit is cleared only under the lock of that queue, when it is empty. So a
/// release either finds the bit set and wakes a sleeper, or no thread has fallen asleep.
pub(crate) struct RawOwned {
    word: AtomicU64,
    starving: Starving,
    /// For the holder of the lock; not used in this file. It is here because it fits beside `starving`
    /// without making the lock larger.
    pub(crate) levels: AtomicU32,
}

impl RawOwned {
    pub(crate) const fn new() -> Self {
        Self {
            word: AtomicU64::new(FREE),
            starving: Starving::new(),
            levels: AtomicU32::new(0),
        }
    }

    /// Acquires the lock for `me`, the current task, if it is free.
    #[inline(always)]
    pub(crate) fn attempt(&self, me: TaskId) -> bool {
        let acquired = match self.swap(FREE, held_by(me)) {
            Ok(()) => true,
            // Free, and another thread is about to sleep or was just woken.
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
        // Acquire: the holder sees what earlier holders did.
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

    /// Waits for the lock, which a task other than `me`, the current one, holds; until the deadline if there
    /// is one. Returns whether it was acquired.
    #[cold]
    pub(crate) fn wait(&self, me: TaskId, deadline: Option<Instant>) -> bool {
        match starves_at().filter(|starves| deadline.is_none_or(|deadline| *starves < deadline)) {
            None => self.compete(me, deadline),
            Some(starves) => {
                self.compete(me, Some(starves))
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
        let mut spin = SpinWait::new();
        loop {
            let word = self.word.load(Ordering::Relaxed);
            if holder(word) == FREE {
                if self.swap(word, word | held_by(me)).is_ok() {
                    return true;
                }
                continue;
            }
            if word & AWAITED == 0 {
                if spin.spin() {
                    continue;
                }
                // Relaxed: it publishes nothing. After a failure the word is read again.
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
                ParkResult::Unparked(_) | ParkResult::Invalid => spin.reset(),
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
        // SAFETY: the key is the address of this lock, which outlives the call. The closures only load and
        // change its word, so none of them panics or calls back into the parking lot.
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
        // Other threads may set `AWAITED` at the same time, and do not change the bits of the holder. Relaxed:
        // the wake-up has synchronised with the earlier holder.
        self.word
            .fetch_xor(HANDED_OVER ^ held_by(me), Ordering::Relaxed);
    }

    /// Releases the lock, which `me` holds.
    ///
    /// # Safety
    ///
    /// `me` holds the lock, and its acquisition is given up.
    #[inline(always)]
    pub(crate) unsafe fn unlock(&self, me: TaskId) {
        yield_before(Access::take(self));
        // Release: see `swap`. A starving thread sleeps, or is about to and finds the lock free.
        if explored::here().is_some()
            || self
                .word
                .compare_exchange(held_by(me), FREE, Ordering::Release, Ordering::Relaxed)
                .is_err()
        {
            self.unlock_slowly();
        }
    }

    /// Releases the lock if a thread sleeps for it, or under an exploration.
    #[cold]
    fn unlock_slowly(&self) {
        let starving = !self.starving.is_zero();
        match explored::here() {
            Some(current) => self.unlock_explored(current, starving),
            None if starving => self.hand_over(),
            None => self.release(),
        }
    }

    /// Frees the lock, and wakes a sleeper to try for it.
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
        // SAFETY: the key is the address of this lock. The closure only changes its word, so it neither panics
        // nor calls back into the parking lot.
        unsafe { unpark_one(self.key(), woken) };
    }

    /// Hands the lock to the thread that has slept longest.
    fn hand_over(&self) {
        // This runs under the lock of the queue. A thread whose `AWAITED` it erases does not fall asleep.
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

    /// Which task holds the lock. The answer may be out of date at once, unless that task is one of this
    /// thread.
    pub(crate) fn holder(&self) -> Option<TaskId> {
        let holder = holder(self.word.load(Ordering::Relaxed));
        // No task, or one that has not written its id yet.
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

/// The lock, for a waiting task of an exploration.
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
    use super::super::starving::STARVES_AFTER;
    use std::cell::Cell;
    use std::thread;

    use super::super::task::{new_task_id, task_id};
    use super::*;

    const SHORT: Duration = Duration::from_micros(300);

    #[test]
    fn a_thread_sleeps_only_for_a_lock_that_is_held_and_knows_of_it() {
        let lock = RawOwned::new();
        let me = task_id();
        let sleep = || lock.sleep(deadline_after(SHORT));
        lock.word.store(AWAITED, Ordering::Relaxed);
        assert_eq!(sleep(), ParkResult::Invalid, "no release will come");
        lock.word.store(held_by(me), Ordering::Relaxed);
        assert_eq!(
            sleep(),
            ParkResult::Invalid,
            "the release would wake no thread"
        );
        lock.word.store(held_by(me) | AWAITED, Ordering::Relaxed);
        assert_eq!(sleep(), ParkResult::TimedOut);
        assert_eq!(
            lock.word.load(Ordering::Relaxed),
            held_by(me),
            "the last sleeper takes the bit along"
        );
    }

    #[test]
    fn a_thread_that_gives_up_leaves_nothing_behind() {
        let lock = RawOwned::new();
        let me = task_id();
        assert!(lock.attempt(me) && lock.is_held_by(me));
        thread::scope(|s| {
            // One before it would starve, one after.
            let waiters = [SHORT, STARVES_AFTER * 2].map(|limit| {
                let lock = &lock;
                s.spawn(move || lock.wait(task_id(), deadline_after(limit)))
            });
            for waiter in waiters {
                assert!(!waiter.join().unwrap());
            }
        });
        assert_eq!(lock.word.load(Ordering::Relaxed), held_by(me));
        assert!(lock.starving.is_zero());
        // SAFETY: acquired above.
        unsafe { lock.unlock(me) };
        assert!(!lock.is_locked());
    }

    #[test]
    fn all_starving_threads_get_it() {
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
        assert!(lock.starving.is_zero());
    }

    #[test]
    fn no_task_holds_what_was_handed_over_but_not_taken_over() {
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

    /// A number of which updates get lost if two threads hold the lock at once.
    struct Guarded(RawOwned, Cell<u64>);

    // SAFETY: only the holder of the lock uses the cell. That there is one holder at a time is what is tested.
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
                                    thread::sleep(STARVES_AFTER);
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
        assert!(guarded.0.starving.is_zero());
    }
}
