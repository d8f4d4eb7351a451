//! `Semaphore` from the outside.

mod support;

use std::cell::Cell;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{Dice, SCALE, bounded, eventually, panic_of};
use threadkit::{Lock, OwnedPermit, Semaphore, StopSource, TimedOut, WaitError};

const SHORT: Duration = Duration::from_millis(5);

#[test]
fn permits_are_counted() {
    let semaphore = Semaphore::new(3);
    let two = semaphore.acquire_many(2);
    assert_eq!((two.count(), semaphore.available()), (2, 1));
    let one = semaphore.try_acquire().expect("one is left");
    assert!(semaphore.try_acquire().is_none());
    assert!(
        semaphore.try_acquire_many(0).is_some(),
        "none is always there"
    );
    one.release();
    drop(two);
    assert_eq!(semaphore.available(), 3);
    assert_eq!(
        format!("{semaphore:?}"),
        "Semaphore { available: 3, waiting: 0, .. }"
    );
}

#[test]
fn a_permit_may_be_given_back_by_another_thread() {
    let semaphore = Semaphore::new(1);
    let permit = semaphore.acquire();
    thread::scope(|s| {
        s.spawn(|| drop(permit));
    });
    assert_eq!(semaphore.available(), 1);
}

#[test]
fn a_panic_gives_the_permit_back() {
    let semaphore = Semaphore::new(1);
    let holder = || {
        let _permit = semaphore.acquire();
        panic!("on purpose");
    };
    assert!(panic::catch_unwind(AssertUnwindSafe(holder)).is_err());
    assert_eq!(semaphore.available(), 1);
}

#[test]
fn a_time_that_is_up_takes_nothing() {
    let semaphore = Semaphore::new(1);
    let before = Instant::now();
    assert_eq!(
        semaphore.acquire_many_until(2, SHORT).err(),
        Some(WaitError::TimedOut)
    );
    assert!(before.elapsed() >= SHORT);
    assert!(
        semaphore.acquire_timeout(Duration::ZERO).is_ok(),
        "a zero timeout is one try"
    );
    let all = semaphore.acquire_timeout(Duration::MAX).unwrap();
    assert_eq!(
        semaphore.acquire_timeout(Duration::ZERO).err(),
        Some(TimedOut)
    );
    drop(all);
    assert_eq!(semaphore.available(), 1);
}

#[test]
fn a_stop_takes_nothing() {
    bounded(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let source = StopSource::new();
        let stopped = {
            let (semaphore, stop) = (Arc::clone(&semaphore), source.token());
            thread::spawn(move || semaphore.acquire_until(&stop).err())
        };
        source.stop();
        assert_eq!(stopped.join().unwrap(), Some(WaitError::Stopped));
        semaphore.release(1).unwrap();
        let permit = semaphore.acquire_until(&source.token());
        assert!(
            permit.is_ok(),
            "a free permit is acquired in spite of the stop"
        );
    });
}

#[test]
fn over_release_of_a_bounded_one_changes_nothing() {
    let semaphore = Semaphore::bounded(4);
    assert!(semaphore.release(1).is_err());
    assert!(semaphore.release(0).is_ok());
    let held = semaphore.acquire_many(2);
    assert!(semaphore.release(1).is_err(), "the missing ones are held");
    assert_eq!(semaphore.available(), 2);
    held.forget();
    for too_many in [3, 4, usize::MAX] {
        assert!(semaphore.release(too_many).is_err());
        assert_eq!(semaphore.available(), 2);
    }
    semaphore.release(2).unwrap();
    assert_eq!(semaphore.available(), 4);
}

#[test]
fn no_count_overflows() {
    let semaphore = Semaphore::new(Semaphore::MAX_PERMITS);
    assert!(semaphore.release(1).is_err());
    let most = semaphore.acquire_many(Semaphore::MAX_PERMITS);
    assert!(semaphore.release(1).is_err(), "they may come back");
    drop(most);
    assert_eq!(semaphore.available(), Semaphore::MAX_PERMITS);
    let wants_more = || drop(semaphore.acquire_many(Semaphore::MAX_PERMITS + 1));
    assert!(panic::catch_unwind(AssertUnwindSafe(wants_more)).is_err());
    assert!(semaphore.try_acquire_many(usize::MAX).is_none());
    assert!(panic::catch_unwind(|| Semaphore::new(Semaphore::MAX_PERMITS + 1)).is_err());
}

#[test]
fn what_can_never_be_had_is_refused() {
    let semaphore = Semaphore::bounded(2);
    let payload = panic::catch_unwind(AssertUnwindSafe(|| drop(semaphore.acquire_many(3))));
    let message = payload.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(
        *message,
        "acquiring 3 permits of a semaphore that never has more than 2"
    );
    let until = || semaphore.acquire_many_until(3, SHORT).is_ok();
    assert!(panic::catch_unwind(AssertUnwindSafe(until)).is_err());
    assert!(semaphore.try_acquire_many(3).is_none());
    assert_eq!(semaphore.available(), 2);
}

/// Starts threads that acquire the given numbers of permits, one after the other, and note the order.
fn queue_up(
    semaphore: &Arc<Semaphore>,
    wanted: &[usize],
    served: &Arc<Lock<Vec<usize>>>,
) -> Vec<thread::JoinHandle<()>> {
    let start = |(before, n): (usize, &usize)| {
        let (semaphore_there, served, n) = (Arc::clone(semaphore), Arc::clone(served), *n);
        let thread = thread::spawn(move || {
            let permit = semaphore_there.acquire_many(n);
            served.acquire().push(n);
            permit.forget();
        });
        eventually("it waits", || semaphore.n_waiting() == before + 1);
        thread
    };
    let already = semaphore.n_waiting();
    (already..).zip(wanted).map(start).collect()
}

#[test]
fn waiters_are_served_in_order() {
    bounded(|| {
        let (semaphore, served) = (Arc::new(Semaphore::new(0)), Default::default());
        let threads = queue_up(&semaphore, &[3, 1, 2], &served);
        semaphore.release(2).unwrap();
        assert!(
            semaphore.try_acquire().is_none(),
            "no request overtakes the one for three"
        );
        assert_eq!(*served.acquire(), [0; 0]);
        semaphore.release(1).unwrap();
        eventually("the third is served", || *served.acquire() == [3]);
        semaphore.release(1).unwrap();
        eventually("the first is served", || *served.acquire() == [3, 1]);
        semaphore.release(5).unwrap();
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(semaphore.available(), 3);
    });
}

#[test]
fn a_waiter_that_gives_up_lets_the_next_pass() {
    bounded(|| {
        let (semaphore, served) = (Arc::new(Semaphore::new(1)), Arc::default());
        let source = StopSource::new();
        let wants_too_many = {
            let (semaphore, stop) = (Arc::clone(&semaphore), source.token());
            thread::spawn(move || semaphore.acquire_many_until(2, &stop).err())
        };
        eventually("one waits", || semaphore.n_waiting() == 1);
        let threads = queue_up(&semaphore, &[1], &served);
        assert!(served.acquire().is_empty());
        source.stop();
        assert_eq!(wants_too_many.join().unwrap(), Some(WaitError::Stopped));
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(semaphore.available(), 0);
    });
}

#[test]
fn an_owned_permit_keeps_the_semaphore() {
    let semaphore = Arc::new(Semaphore::new(2));
    let permit = semaphore.try_acquire_many_owned(2).unwrap();
    assert!(semaphore.acquire_timeout_owned(SHORT).is_err());
    assert!(semaphore.acquire_many_until_owned(1, SHORT).is_err());
    let weak = Arc::downgrade(&semaphore);
    drop(semaphore);
    assert_eq!(weak.upgrade().unwrap().available(), 0);
    drop(permit);
    assert!(weak.upgrade().is_none());
}

/// Permits are conserved, and no more are held than there are, whatever deadlines and stops do.
#[test]
fn permits_are_conserved() {
    const PERMITS: usize = 3;
    const ROUNDS: u64 = 40_000 * SCALE;
    bounded(|| {
        let semaphore = Arc::new(Semaphore::bounded(PERMITS));
        let held = Arc::new(AtomicUsize::new(0));
        let source = Arc::new(Lock::new(StopSource::new()));
        let left = Arc::new(AtomicU64::new(4));
        let threads: Vec<_> = (0..4)
            .map(|seed| {
                let (semaphore, held) = (Arc::clone(&semaphore), Arc::clone(&held));
                let (source, left) = (Arc::clone(&source), Arc::clone(&left));
                thread::spawn(move || {
                    let mut dice = Dice::new(seed);
                    let (mut had, mut gone) = (0_u64, 0_u64);
                    for _ in 0..ROUNDS {
                        let n = 1 + dice.below(PERMITS as u64) as usize;
                        let limit = Duration::from_nanos(dice.below(30_000));
                        let permit = match dice.below(4) {
                            0 => Some(semaphore.acquire_many(n)),
                            1 => semaphore.try_acquire_many(n),
                            2 => semaphore.acquire_many_until(n, limit).ok(),
                            _ => {
                                let stop = source.acquire().token();
                                semaphore.acquire_many_until(n, &stop).ok()
                            }
                        };
                        let Some(permit) = permit else {
                            gone += 1;
                            continue;
                        };
                        had += 1;
                        assert!(held.fetch_add(n, Ordering::Relaxed) + n <= PERMITS);
                        if dice.below(64) == 0 {
                            thread::yield_now();
                        }
                        held.fetch_sub(n, Ordering::Relaxed);
                        if dice.below(4) == 0 {
                            permit.forget();
                            semaphore.release(n).unwrap();
                        }
                    }
                    left.fetch_sub(1, Ordering::Relaxed);
                    (had, gone)
                })
            })
            .collect();
        while left.load(Ordering::Relaxed) > 0 {
            source.acquire().stop();
            *source.acquire() = StopSource::new();
            thread::yield_now();
        }
        let (mut had, mut gone) = (0, 0);
        for thread in threads {
            let (h, g) = thread.join().unwrap();
            had += h;
            gone += g;
        }
        assert_eq!(had + gone, 4 * ROUNDS);
        assert_eq!(semaphore.available(), PERMITS);
        assert!(semaphore.release(1).is_err());
    });
}

/// Some threads release permits that others acquire: none is lost, and none is acquired twice.
#[test]
fn what_is_released_is_acquired() {
    const EACH: u64 = 50_000 * SCALE;
    bounded(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let used = Arc::new(AtomicU64::new(0));
        let users: Vec<_> = (0..2)
            .map(|n| {
                let (semaphore, used) = (Arc::clone(&semaphore), Arc::clone(&used));
                thread::spawn(move || {
                    let mut dice = Dice::new(n);
                    let mut mine = 0;
                    while mine < EACH {
                        let limit = Duration::from_nanos(dice.below(20_000));
                        if n == 0 {
                            semaphore.acquire().forget();
                        } else if let Ok(permit) = semaphore.acquire_until(limit) {
                            permit.forget();
                        } else {
                            continue;
                        }
                        mine += 1;
                        used.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for _ in 0..2 * EACH {
            semaphore.release(1).unwrap();
        }
        users.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(used.load(Ordering::Relaxed), 2 * EACH);
        assert_eq!(semaphore.available(), 0);
    });
}

#[test]
fn what_is_kept_for_the_first_in_the_queue_is_not_available() {
    bounded(|| {
        let semaphore = Arc::new(Semaphore::new(2));
        let waiter = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || semaphore.acquire_many(3).count())
        };
        eventually("it waits for three", || semaphore.n_waiting() == 1);
        assert_eq!(semaphore.available(), 0, "two are kept for the waiter");
        assert!(semaphore.try_acquire().is_none());
        assert!(
            semaphore.try_acquire_many(0).is_some(),
            "none is always there"
        );
        semaphore.release(2).unwrap();
        assert_eq!(waiter.join().unwrap(), 3);
        assert_eq!(semaphore.available(), 4);
        assert!(semaphore.try_acquire_many(4).is_some());
    });
}

#[test]
fn a_permit_comes_back_from_wherever_it_ends() {
    thread_local!(static KEPT: Cell<Option<OwnedPermit>> = const { Cell::new(None) });
    bounded(|| {
        let semaphore = Arc::new(Semaphore::bounded(3));
        let permit = semaphore.acquire_many_owned(2);
        support::nested(move || drop(permit));
        assert_eq!(semaphore.available(), 3);

        let other = Arc::clone(&semaphore);
        support::nested(move || {
            panic_of(|| {
                let _permit = other.acquire_many(3);
                panic!("with all of them");
            })
        });
        assert_eq!(semaphore.available(), 3);

        let permit = semaphore.acquire_owned();
        thread::spawn(move || KEPT.set(Some(permit)))
            .join()
            .unwrap();
        assert_eq!(semaphore.available(), 3);

        let held = semaphore.acquire_many_owned(3);
        let other = Arc::clone(&semaphore);
        let waiter =
            thread::spawn(move || support::in_destructor(move || other.acquire_many(2).count()));
        eventually("the destructor waits", || semaphore.n_waiting() == 1);
        drop(held);
        assert_eq!(waiter.join().unwrap(), 2);
        assert_eq!(semaphore.available(), 3);
    });
}

#[test]
fn a_forgotten_permit_is_missing_and_can_be_replaced() {
    bounded(|| {
        let semaphore = Arc::new(Semaphore::bounded(2));
        std::mem::forget(semaphore.acquire());
        assert_eq!(semaphore.available(), 1);
        // It is still in circulation, as far as the semaphore can know.
        assert!(semaphore.release(1).is_err());
        let other = Arc::clone(&semaphore);
        let late = thread::spawn(move || other.acquire_many_until(2, SHORT).err());
        assert_eq!(late.join().unwrap(), Some(WaitError::TimedOut));
        semaphore.acquire().forget();
        assert!(semaphore.release(1).is_ok());
        assert_eq!(semaphore.available(), 1);
    });
}

#[test]
fn a_forgotten_permit_stays_taken() {
    let semaphore = Arc::new(Semaphore::bounded(3));
    mem::forget(semaphore.acquire());
    mem::forget(semaphore.acquire_owned());
    assert_eq!(semaphore.available(), 1);
    assert!(semaphore.acquire_many_until(2, SHORT).is_err());
    assert!(semaphore.release(1).is_err(), "it counts as held");
    let mut last = semaphore.acquire();
    mem::forget(last.split(1));
    drop(last);
    assert_eq!(semaphore.available(), 0);
    assert!(semaphore.try_acquire().is_none());
}

#[test]
fn a_wait_for_a_semaphore_without_permits_panics() {
    let none = Semaphore::bounded(0);
    let refused = "acquiring 1 permits of a semaphore that never has more than 0";
    assert_eq!(panic_of(|| drop(none.acquire())), refused);
    assert_eq!(panic_of(|| drop(none.acquire_timeout(SHORT))), refused);
    assert_eq!(panic_of(|| drop(none.acquire_until(SHORT))), refused);
    assert!(none.try_acquire().is_none());
    assert_eq!(none.acquire_many(0).count(), 0);
    assert!(none.release(1).is_err() && none.release(0).is_ok());
}

#[test]
fn the_largest_number_of_permits_is_acquired_and_split() {
    let most = Semaphore::MAX_PERMITS;
    let semaphore = Semaphore::new(0);
    semaphore.release(most).unwrap();
    assert!(semaphore.release(usize::MAX).is_err());
    let mut all = semaphore.acquire_many(most);
    assert!(all.split(usize::MAX).is_none());
    let half = all.split(most / 2).unwrap();
    assert_eq!(half.count() + all.count(), most);
    half.forget();
    drop(all);
    assert_eq!(semaphore.available(), most - most / 2);
}

#[test]
fn permits_merge_and_split() {
    let semaphore = Arc::new(Semaphore::bounded(5));
    assert_eq!(semaphore.bound(), Some(5));
    let mut one = semaphore.acquire();
    one.merge(semaphore.acquire_many(3));
    assert_eq!((one.count(), semaphore.available()), (4, 1));
    let two = one.split(2).unwrap();
    one.merge(two);
    one.forget();
    assert_eq!((semaphore.available(), semaphore.bound()), (1, Some(5)));
    semaphore.release(4).unwrap();

    let mut owned = semaphore.acquire_owned();
    owned.merge(semaphore.acquire_many_owned(2));
    assert_eq!((owned.count(), Arc::strong_count(&semaphore)), (3, 2));
    let other = Arc::new(Semaphore::new(1));
    let message = panic_of(|| owned.merge(other.acquire_owned()));
    assert_eq!(
        message,
        "permits of two semaphores cannot be merged: each goes back to its own"
    );
    assert_eq!(
        (owned.count(), other.available(), other.bound()),
        (3, 1, None)
    );
    drop(owned);
    assert_eq!(semaphore.available(), 5);
}
