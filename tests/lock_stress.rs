//! `Lock` and `RLock` under threads that acquire them in every way, and give up at any point: no two
//! threads hold a lock at once, every entry counts once, and a wake-up that is lost stops the
//! test.

mod support;

use std::cell::Cell;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use support::{Dice, SCALE, bounded};
use threadkit::{Lock, RLock};

const THREADS: u64 = 4;
const ROUNDS: u64 = 25_000 * SCALE;

/// The ways to acquire the lock, each of which adds one under the lock if it succeeds.
trait Ways: Send + Sync + Sized + 'static {
    fn new() -> Self;

    /// One of the ways that wait without a limit.
    fn patiently(self: &Arc<Self>, way: u64);

    /// One of the ways that give up; returns whether it has acquired the lock.
    fn impatiently(self: &Arc<Self>, way: u64, limit: Duration) -> bool;

    /// The sum that they have counted, and whether the lock is free.
    fn end(&self) -> (u64, bool);
}

impl Ways for Lock<u64> {
    fn new() -> Self {
        Self::new(0)
    }

    fn patiently(self: &Arc<Self>, way: u64) {
        match way % 3 {
            0 => *self.acquire() += 1,
            1 => *self.acquire_owned() += 1,
            _ => self.with(|value| *value += 1),
        }
    }

    fn impatiently(self: &Arc<Self>, way: u64, limit: Duration) -> bool {
        match way % 4 {
            0 => self.try_acquire().map(|mut value| *value += 1).is_some(),
            1 => (self.try_acquire_owned())
                .map(|mut value| *value += 1)
                .is_some(),
            2 => (self.acquire_timeout(limit))
                .map(|mut value| *value += 1)
                .is_ok(),
            _ => (self.acquire_timeout_owned(limit))
                .map(|mut value| *value += 1)
                .is_ok(),
        }
    }

    fn end(&self) -> (u64, bool) {
        let sum = *self.acquire();
        (sum, !self.is_locked())
    }
}

/// Adds one at the second level.
fn deeper(lock: &RLock<Cell<u64>>) {
    let value = lock.acquire();
    assert!(lock.is_mine());
    value.set(value.get() + 1);
}

impl Ways for RLock<Cell<u64>> {
    fn new() -> Self {
        Self::new(Cell::new(0))
    }

    fn patiently(self: &Arc<Self>, way: u64) {
        match way % 3 {
            0 => {
                let _outer = self.acquire();
                deeper(self);
            }
            1 => {
                let _outer = self.acquire_owned();
                deeper(self);
            }
            _ => self.with(|_| deeper(self)),
        }
    }

    fn impatiently(self: &Arc<Self>, way: u64, limit: Duration) -> bool {
        match way % 4 {
            0 => self.try_acquire().map(|_outer| deeper(self)).is_some(),
            1 => self
                .try_acquire_owned()
                .map(|_outer| deeper(self))
                .is_some(),
            2 => (self.acquire_timeout(limit))
                .map(|_outer| deeper(self))
                .is_ok(),
            _ => (self.acquire_timeout_owned(limit))
                .map(|_outer| deeper(self))
                .is_ok(),
        }
    }

    fn end(&self) -> (u64, bool) {
        let sum = self.acquire().get();
        (sum, !self.is_locked())
    }
}

fn entries_are_counted_exactly<L: Ways>() {
    bounded(|| {
        let lock = Arc::new(L::new());
        let threads: Vec<_> = (0..THREADS)
            .map(|seed| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || {
                    let mut dice = Dice::new(seed);
                    let (mut got_in, mut gave_up) = (0, 0);
                    for _ in 0..ROUNDS {
                        let way = dice.below(12);
                        let limit = Duration::from_nanos(dice.below(20_000));
                        if dice.below(2) == 0 {
                            lock.patiently(way);
                            got_in += 1;
                        } else if lock.impatiently(way, limit) {
                            got_in += 1;
                        } else {
                            gave_up += 1;
                        }
                    }
                    (got_in, gave_up)
                })
            })
            .collect();
        let outcomes: Vec<(u64, u64)> = threads.into_iter().map(|t| t.join().unwrap()).collect();
        let got_in: u64 = outcomes.iter().map(|(got_in, _)| got_in).sum();
        let gave_up: u64 = outcomes.iter().map(|(_, gave_up)| gave_up).sum();
        assert_eq!(got_in + gave_up, THREADS * ROUNDS);
        assert_eq!(lock.end(), (got_in, true), "the sum, and it is free");
    });
}

#[test]
fn entries_into_a_lock_are_counted_exactly() {
    entries_are_counted_exactly::<Lock<u64>>();
}

#[test]
fn entries_into_an_rlock_are_counted_exactly() {
    entries_are_counted_exactly::<RLock<Cell<u64>>>();
}
