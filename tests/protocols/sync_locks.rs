//! The protocols of the locks under thousands of schedules, each beside a bad twin: a small copy,
//! built from public pieces, in which one step is missing and which must be found out.
//!
//! A twin that is not found out would say that the exploration is blind there, and that the test of
//! the real protocol says nothing.

#[path = "../support/mod.rs"]
mod support;

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use support::Inside;
use support::explored::{holds, is_found, is_found_by};
use threadkit::explore::Explorer;
use threadkit::{Lock, RLock, StopSource, atomic, join_all, lock_all, sleep, spawn};

/// Longer than a waiter for a lock competes before it starves.
const HOLD: Duration = Duration::from_millis(10);

/// A point at which another thread may run.
fn pause() {
    sleep(Duration::ZERO);
}

/// A lock, or something like one.
trait Exclusion: Send + Sync + 'static {
    fn exclusively(&self, f: &mut dyn FnMut());
}

/// Three threads acquire a lock twice each, and hold it long enough for the others to starve.
fn meet_in(lock: impl Exclusion) {
    let shared = Arc::new((lock, Inside::new(), AtomicU64::new(0)));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let shared = Arc::clone(&shared);
            spawn(move || {
                for _ in 0..2 {
                    shared.0.exclusively(&mut || {
                        shared.1.enter();
                        sleep(HOLD);
                        shared.2.fetch_add(1, Ordering::Relaxed);
                        shared.1.leave();
                    });
                }
            })
        })
        .collect();
    join_all(threads).unwrap();
    assert_eq!(shared.2.load(Ordering::Relaxed), 6);
    // A thread that comes now must find it free.
    shared.0.exclusively(&mut || ());
}

struct Plain(Lock);

impl Exclusion for Plain {
    fn exclusively(&self, f: &mut dyn FnMut()) {
        self.0.with(|()| f());
    }
}

struct Owned(Arc<Lock>);

impl Exclusion for Owned {
    fn exclusively(&self, f: &mut dyn FnMut()) {
        let _held = self.0.acquire_owned();
        f();
    }
}

struct Timed(Lock);

impl Exclusion for Timed {
    fn exclusively(&self, f: &mut dyn FnMut()) {
        // Around the starvation limit, and far beyond.
        for limit in [100, 400, 600, 5_000].map(Duration::from_micros) {
            if let Ok(_held) = self.0.acquire_timeout(limit) {
                return f();
            }
        }
        let _held = self.0.acquire();
        f();
    }
}

struct Reentrant(RLock);

impl Exclusion for Reentrant {
    fn exclusively(&self, f: &mut dyn FnMut()) {
        let outer = self.0.acquire();
        let inner = self.0.try_acquire().expect("it is mine");
        drop(outer);
        f();
        assert!(self.0.is_mine());
        drop(inner);
    }
}

/// A lock whose releaser hands over to the head of the queue, built from a `Lock` for a few steps and a
/// stop for a wake-up: as the real one does for starving threads.
struct HandsOver {
    state: Lock<Queued>,
    /// Whether a waiter that was handed the lock at its deadline takes it.
    accepts: bool,
}

#[derive(Default)]
struct Queued {
    held: bool,
    waiting: VecDeque<(u64, StopSource)>,
    tickets: u64,
}

impl HandsOver {
    fn new(accepts: bool) -> Self {
        Self {
            state: Lock::default(),
            accepts,
        }
    }

    fn acquire_timeout(&self, limit: Duration) -> bool {
        let woken = StopSource::new();
        let ticket = {
            let mut state = self.state.acquire();
            if !state.held {
                state.held = true;
                return true;
            }
            state.tickets += 1;
            let ticket = state.tickets;
            state.waiting.push_back((ticket, woken.clone()));
            ticket
        };
        if woken.token().wait_timeout(limit) {
            return true;
        }
        let mut state = self.state.acquire();
        let place = state.waiting.iter().position(|(other, _)| *other == ticket);
        match place {
            Some(place) => {
                state.waiting.remove(place);
                false
            }
            // The waiter cannot give up any more: it has the lock already.
            None => self.accepts,
        }
    }

    fn release(&self) {
        let mut state = self.state.acquire();
        match state.waiting.pop_front() {
            Some((_, woken)) => {
                drop(state);
                woken.stop();
            }
            None => state.held = false,
        }
    }
}

impl Exclusion for HandsOver {
    fn exclusively(&self, f: &mut dyn FnMut()) {
        while !self.acquire_timeout(HOLD / 2) {}
        f();
        self.release();
    }
}

/// A lock that allows barging while it hands over: a thread that comes finds it free for a moment.
struct LeavesAGap(Lock<bool>);

impl Exclusion for LeavesAGap {
    fn exclusively(&self, f: &mut dyn FnMut()) {
        loop {
            let free = !*self.0.acquire();
            // The missing step: this belongs into the same acquisition.
            if free {
                *self.0.acquire() = true;
                break;
            }
            sleep(HOLD);
        }
        let _inside = Leaves(&self.0);
        f();
    }
}

/// Leaves when dropped, so that a thread that panics because another one is inside does not lock the others out.
struct Leaves<'a>(&'a Lock<bool>);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        *self.0.acquire() = false;
    }
}

#[test]
fn a_lock_excludes_and_serves_starving_threads() {
    holds(2_000, || meet_in(Plain(Lock::new(()))));
    holds(1_000, || meet_in(Owned(Arc::new(Lock::new(())))));
    holds(2_000, || meet_in(Timed(Lock::new(()))));
    holds(500, || meet_in(HandsOver::new(true)));
    is_found(
        "lock",
        "looking and taking are two steps",
        "another thread is in",
        || meet_in(LeavesAGap(Lock::new(false))),
    );
    // The lock was handed to a thread that does not take it: all threads wait, and the lock is free.
    is_found_by(
        || Explorer::new().max_steps(3_000),
        "starvation bound",
        "a waiter that was handed the lock at its deadline does not take it",
        "no end after",
        || meet_in(HandsOver::new(false)),
    );
}

#[test]
fn no_thread_waits_while_the_lock_is_free() {
    // Every waiter gives up or gets the lock, in any order. A waiter without a limit always gets it.
    holds(3_000, || {
        let lock = Arc::new(Lock::new(0_u32));
        let held = lock.acquire();
        let waiters: Vec<_> = [None, Some(HOLD / 4), Some(HOLD), Some(HOLD * 4)]
            .map(|limit| {
                let lock = Arc::clone(&lock);
                spawn(move || match limit {
                    None => {
                        *lock.acquire() += 1;
                        true
                    }
                    Some(limit) => lock.acquire_timeout(limit).map(|mut n| *n += 1).is_ok(),
                })
            })
            .into();
        sleep(HOLD);
        drop(held);
        let got = join_all(waiters).unwrap();
        assert!(got[0]);
        let count = got.into_iter().filter(|got| *got).count() as u32;
        let last = lock.try_acquire().expect("no thread still holds it");
        assert_eq!(*last, count);
    });
}

/// A step that a [`Word`] leaves out.
#[derive(Clone, Copy, PartialEq)]
enum Missing {
    Nothing,
    /// A thread looks once more before it sleeps, where no thread can wake it in between.
    SecondLook,
    /// A thread that hands over is no longer the owner.
    HandedOver,
    /// A waiter that gives up notes that others still sleep.
    OthersAsleep,
}

/// `RLock` as it is built for threads that take no turns: a word that says which task holds it and whether
/// a thread sleeps, and the sleepers behind a lock of their own.
struct Word {
    word: atomic::AtomicU64,
    sleepers: Lock<VecDeque<Sleeper>>,
    /// How often it was asked for, and whether the thread that asks gives up that time.
    asked: AtomicU64,
    gives_up: Choice,
    /// How often it was released to sleepers, and whether that time it is handed over.
    released: AtomicU64,
    hands_over: Choice,
    missing: Missing,
}

/// Whether it is done, by how often the question has come up before.
type Choice = fn(u64) -> bool;

const NEVER: Choice = |_| false;

const ALWAYS: Choice = |_| true;

const SOMETIMES: Choice = |n| n % 2 == 1;

struct Sleeper {
    woken: StopSource,
    handed_over: Arc<AtomicBool>,
}

/// How a sleep ended.
enum Sleep {
    /// Also if the sleep has not begun.
    Released,
    HandedOver,
    GaveUp,
}

impl Word {
    const FREE: u64 = 0;
    const AWAITED: u64 = 1;
    const HANDED_OVER: u64 = !Self::AWAITED;

    fn new(gives_up: Choice, hands_over: Choice, missing: Missing) -> Self {
        Self {
            word: atomic::AtomicU64::new(Self::FREE),
            sleepers: Lock::default(),
            asked: AtomicU64::new(0),
            gives_up,
            released: AtomicU64::new(0),
            hands_over,
            missing,
        }
    }

    fn holder(&self) -> u64 {
        self.word.load(Ordering::Relaxed) & !Self::AWAITED
    }

    fn swap(&self, old: u64, new: u64) -> bool {
        let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
        self.word
            .compare_exchange(old, new, success, failure)
            .is_ok()
    }

    fn acquire(&self, me: u64, limit: Duration) -> bool {
        loop {
            let word = self.word.load(Ordering::Relaxed);
            if word & !Self::AWAITED == Self::FREE {
                if self.swap(word, word | me) {
                    return true;
                }
            } else if word & Self::AWAITED != 0 || self.swap(word, word | Self::AWAITED) {
                match self.sleep(limit) {
                    Sleep::Released => {}
                    Sleep::HandedOver => {
                        let before = self.holder();
                        self.word.fetch_xor(before ^ me, Ordering::Relaxed);
                        return true;
                    }
                    Sleep::GaveUp => return false,
                }
            }
        }
    }

    fn sleep(&self, limit: Duration) -> Sleep {
        let woken = StopSource::new();
        let handed_over = Arc::new(AtomicBool::new(false));
        {
            let mut sleepers = self.sleepers.acquire();
            if self.missing != Missing::SecondLook {
                let word = self.word.load(Ordering::Relaxed);
                if word & Self::AWAITED == 0 || word & !Self::AWAITED == Self::FREE {
                    return Sleep::Released;
                }
            }
            sleepers.push_back(Sleeper {
                woken: woken.clone(),
                handed_over: Arc::clone(&handed_over),
            });
        }
        if !woken.token().wait_timeout(limit) {
            let mut sleepers = self.sleepers.acquire();
            let is_me = |sleeper: &Sleeper| Arc::ptr_eq(&sleeper.handed_over, &handed_over);
            // If it is gone, it was woken after all.
            if let Some(place) = sleepers.iter().position(is_me) {
                sleepers.remove(place);
                if sleepers.is_empty() || self.missing == Missing::OthersAsleep {
                    self.word.fetch_and(!Self::AWAITED, Ordering::Relaxed);
                }
                return Sleep::GaveUp;
            }
        }
        match handed_over.load(Ordering::Relaxed) {
            true => Sleep::HandedOver,
            false => Sleep::Released,
        }
    }

    fn release(&self, me: u64) {
        if self.swap(me, Self::FREE) {
            return;
        }
        let hands_over = (self.hands_over)(self.released.fetch_add(1, Ordering::Relaxed));
        if !hands_over {
            self.word.fetch_and(Self::AWAITED, Ordering::Release);
        }
        let mut sleepers = self.sleepers.acquire();
        let first = sleepers.pop_front();
        let awaited = u64::from(!sleepers.is_empty()) * Self::AWAITED;
        if hands_over {
            let holder = match self.missing {
                _ if first.is_none() => Self::FREE,
                Missing::HandedOver => me,
                _ => Self::HANDED_OVER,
            };
            self.word.store(holder | awaited, Ordering::Release);
        } else if sleepers.is_empty() {
            self.word.fetch_and(!Self::AWAITED, Ordering::Relaxed);
        }
        if let Some(sleeper) = &first {
            sleeper.handed_over.store(hands_over, Ordering::Relaxed);
        }
        drop(sleepers);
        if let Some(sleeper) = first {
            sleeper.woken.stop();
        }
    }
}

impl Exclusion for Word {
    fn exclusively(&self, f: &mut dyn FnMut()) {
        let me = threadkit::current().ident() << 1;
        if self.holder() == me {
            // One more level, as far as this thread knows.
            return f();
        }
        let limit = match (self.gives_up)(self.asked.fetch_add(1, Ordering::Relaxed)) {
            true => HOLD / 2,
            false => Duration::MAX,
        };
        while !self.acquire(me, limit) {}
        let _released = Releases(self, me);
        f();
        assert_eq!(self.holder(), me, "the holder is not the owner");
    }
}

/// Releases the lock when dropped, so that a thread that panics because another one is inside does not lock the others
/// out.
struct Releases<'a>(&'a Word, u64);

impl Drop for Releases<'_> {
    fn drop(&mut self) {
        self.0.release(self.1);
    }
}

#[test]
fn an_rlock_excludes_others_and_admits_its_owner() {
    holds(2_000, || meet_in(Reentrant(RLock::new(()))));
    for (gives_up, hands_over) in [(NEVER, NEVER), (NEVER, ALWAYS), (SOMETIMES, SOMETIMES)] {
        holds(500, move || {
            meet_in(Word::new(gives_up, hands_over, Missing::Nothing))
        });
    }
    is_found(
        "`RLock`",
        "a thread looks again before it sleeps, under the lock of the sleepers",
        "deadlock",
        || meet_in(Word::new(NEVER, NEVER, Missing::SecondLook)),
    );
    is_found(
        "`RLock`",
        "a thread that hands over is no longer the owner",
        "another thread is in",
        || meet_in(Word::new(NEVER, ALWAYS, Missing::HandedOver)),
    );
    is_found(
        "`RLock`",
        "a waiter that gives up notes that others still sleep",
        "deadlock",
        || meet_in(Word::new(SOMETIMES, SOMETIMES, Missing::OthersAsleep)),
    );

    holds(2_000, || {
        let lock = Arc::new(RLock::new(Cell::new(0)));
        let threads: Vec<_> = (0..3)
            .map(|n| {
                let lock = Arc::clone(&lock);
                spawn(move || {
                    let outer = match n {
                        0 => lock.acquire_timeout(HOLD).ok(),
                        _ => Some(lock.acquire()),
                    };
                    let Some(outer) = outer else { return false };
                    let seen = outer.get();
                    sleep(HOLD);
                    lock.with(|n| n.set(seen + 1));
                    true
                })
            })
            .collect();
        let got = join_all(threads)
            .unwrap()
            .into_iter()
            .filter(|got| *got)
            .count();
        assert_eq!(lock.acquire().get(), got);
        assert!(!lock.is_locked() && !lock.is_mine());
    });
}

/// Three threads that need two of three locks each, in a ring.
fn ring(take: fn(&Lock<u32>, &Lock<u32>)) {
    let locks = Arc::new(["a", "b", "c"].map(|name| Lock::named(name, 0)));
    let threads: Vec<_> = (0..3)
        .map(|n| {
            let locks = Arc::clone(&locks);
            spawn(move || take(&locks[n], &locks[(n + 1) % 3]))
        })
        .collect();
    join_all(threads).unwrap();
    for lock in &*locks {
        assert_eq!(*lock.try_acquire().expect("all are free"), 2);
    }
}

#[test]
fn lock_all_holds_none_while_it_waits() {
    holds(3_000, || {
        ring(|a, b| {
            let (mut a, mut b) = lock_all((a, b));
            *a += 1;
            *b += 1;
        });
    });
    holds(2_000, || {
        let locks: Arc<[RLock<Cell<u32>>; 3]> = Arc::default();
        let other = Arc::clone(&locks);
        let thread = spawn(move || {
            // It holds one lock all the time, as nested calls do. That is allowed, because the others hold none while
            // they wait.
            let outer = other[0].acquire();
            for lock in lock_all(&[&other[0], &other[2]][..]) {
                lock.set(lock.get() + 1);
            }
            drop(outer);
        });
        for lock in lock_all(&[&locks[2], &locks[1], &locks[0]][..]) {
            lock.set(lock.get() + 1);
        }
        thread.join().unwrap();
        assert_eq!([0, 1, 2].map(|n| locks[n].acquire().get()), [2, 1, 2]);
    });
    is_found(
        "`lock_all`",
        "locks are taken one after the other",
        "deadlock",
        || {
            ring(|a, b| {
                let (mut a, mut b) = (a.acquire(), b.acquire());
                *a += 1;
                *b += 1;
            });
        },
    );
    // Tries the rest, as it should, and keeps what it has, as it should not.
    is_found(
        "`lock_all`",
        "held locks are released before waiting",
        "no end after",
        || {
            ring(|a, b| {
                let mut a = a.acquire();
                let mut b = loop {
                    match b.try_acquire() {
                        Some(b) => break b,
                        None => pause(),
                    }
                };
                *a += 1;
                *b += 1;
            });
        },
    );
}
