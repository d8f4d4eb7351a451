//! `Condition` from the outside.

mod support;

use std::cell::Cell;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{Dice, SCALE, bounded, eventually};
use threadkit::{Condition, Lock, OwnedRLockGuard, RLock, StopSource, WaitError};

const SHORT: Duration = Duration::from_millis(5);

/// Something to wait for: how many threads are about to wait, and which have left a wait.
#[derive(Default)]
struct Room {
    entered: u32,
    left: Vec<u32>,
}

/// Starts a thread that waits with the lock. The thread waits for certain when this returns.
fn waiter(number: u32, room: &Arc<Lock<Room>>, changed: &Arc<Condition>) -> thread::JoinHandle<()> {
    let before = room.acquire().entered;
    let (room_of_its_own, changed) = (Arc::clone(room), Arc::clone(changed));
    let thread = thread::spawn(move || {
        let mut guard = room_of_its_own.acquire();
        guard.entered += 1;
        changed.wait(&mut guard);
        guard.left.push(number);
    });
    // It counts itself under the lock, which only its wait releases.
    eventually("it is in the room", || room.acquire().entered > before);
    thread
}

#[test]
fn notifications_go_to_the_threads_that_waited_longest() {
    bounded(|| {
        let (room, changed) = Default::default();
        let threads: Vec<_> = (0..6).map(|n| waiter(n, &room, &changed)).collect();
        assert!(changed.notify_one());
        eventually("one has left", || room.acquire().left.len() == 1);
        assert_eq!(room.acquire().left, [0]);
        assert_eq!(changed.notify(2), 2);
        eventually("two more have left", || room.acquire().left.len() == 3);
        assert!(!room.acquire().left.contains(&3));
        assert_eq!(changed.notify(100), 3, "more than there are is fine");
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(changed.notify_all(), 0);
    });
}

#[test]
fn notify_all_wakes_all_and_lasts_no_longer() {
    bounded(|| {
        let (room, changed) = Default::default();
        let threads: Vec<_> = (0..4).map(|n| waiter(n, &room, &changed)).collect();
        assert_eq!(changed.notify_all(), 4);
        threads.into_iter().for_each(|t| t.join().unwrap());
        let mut guard = room.acquire();
        assert!(!changed.wait_timeout(&mut guard, SHORT), "that was before");
    });
}

#[test]
fn a_time_that_is_up_leaves_the_lock_held() {
    let (lock, changed) = (Lock::new(1), Condition::new());
    let mut guard = lock.acquire();
    let before = Instant::now();
    assert!(!changed.wait_timeout(&mut guard, SHORT));
    assert!(before.elapsed() >= SHORT);
    assert!(!changed.wait_timeout(&mut guard, Duration::ZERO));
    assert!(lock.try_acquire().is_none());
    drop(guard);
    assert!(lock.try_acquire().is_some());
}

#[test]
fn the_longest_timeout_is_for_ever() {
    bounded(|| {
        let (lock, changed) = (Arc::new(Lock::new(false)), Arc::new(Condition::new()));
        let mut guard = lock.acquire();
        let other = {
            let (lock, changed) = (Arc::clone(&lock), Arc::clone(&changed));
            thread::spawn(move || {
                *lock.acquire() = true;
                changed.notify_one();
            })
        };
        assert!(changed.wait_timeout(&mut guard, Duration::MAX));
        assert!(*guard);
        other.join().unwrap();
    });
}

#[test]
fn the_predicate_is_looked_at_once_more_when_the_time_is_up() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let mut guard = lock.acquire();
    let mut looks = 0;
    let found = changed.wait_for_until(&mut guard, SHORT, |_| {
        looks += 1;
        (looks == 2).then_some("found")
    });
    assert_eq!((found, looks), (Ok("found"), 2));

    looks = 0;
    let waited = changed.wait_while_until(&mut guard, Duration::ZERO, |_| {
        looks += 1;
        true
    });
    assert_eq!((waited, looks), (Err(WaitError::TimedOut), 2));
}

#[test]
fn one_deadline_is_for_all_sleeps_together() {
    bounded(|| {
        let (lock, changed) = (Arc::new(Lock::new(0)), Arc::new(Condition::new()));
        let over = Arc::new(AtomicBool::new(false));
        let pest = {
            let (changed, over) = (Arc::clone(&changed), Arc::clone(&over));
            thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    changed.notify_all();
                    thread::yield_now();
                }
            })
        };
        let before = Instant::now();
        let waited = changed.wait_while_until(&mut lock.acquire(), SHORT, |_| true);
        assert_eq!(waited, Err(WaitError::TimedOut));
        assert!(before.elapsed() >= SHORT);
        over.store(true, Ordering::Relaxed);
        pest.join().unwrap();
    });
}

#[test]
fn a_stop_wakes_its_waiter_and_no_other() {
    bounded(|| {
        let (lock, changed) = (Arc::new(Lock::new(0)), Arc::new(Condition::new()));
        let source = StopSource::new();
        let stopped = {
            let (lock, changed, stop) = (Arc::clone(&lock), Arc::clone(&changed), source.token());
            thread::spawn(move || {
                let mut guard = lock.acquire();
                *guard += 1;
                let waited = changed.wait_until(&mut guard, &stop);
                assert!(lock.try_acquire().is_none(), "the lock is held again");
                waited
            })
        };
        eventually("it waits, with the lock released", || *lock.acquire() == 1);
        source.stop();
        assert_eq!(stopped.join().unwrap(), Err(WaitError::Stopped));
        assert!(!changed.notify_one(), "it has left the queue");

        let mut guard = lock.acquire();
        let both = (Duration::from_secs(60), &source.token());
        assert_eq!(
            changed.wait_until(&mut guard, both),
            Err(WaitError::Stopped)
        );
        assert_eq!(
            changed.wait_for_until(&mut guard, both, |n| Some(*n)),
            Ok(1)
        );
    });
}

#[test]
fn an_rlock_is_left_at_all_levels_and_restored() {
    bounded(|| {
        let (lock, changed) = (
            Arc::new(RLock::new(AtomicU64::new(0))),
            Arc::new(Condition::new()),
        );
        let outer = lock.acquire();
        let middle = lock.acquire_owned();
        let mut inner = lock.acquire();
        let other = {
            let (lock, changed) = (Arc::clone(&lock), Arc::clone(&changed));
            thread::spawn(move || {
                let guard = lock.acquire();
                guard.store(1, Ordering::Relaxed);
                assert!(changed.notify_one());
            })
        };
        changed.wait_while(&mut inner, |n| n.load(Ordering::Relaxed) == 0);
        other.join().unwrap();
        for guard in [Some(inner), Some(outer)] {
            assert!(lock.is_mine());
            drop(guard);
        }
        assert!(lock.is_mine());
        drop(middle);
        assert!(!lock.is_mine() && !lock.is_locked());
    });
}

#[test]
fn a_cell_can_be_waited_for_through_the_only_guard() {
    bounded(|| {
        let (lock, changed) = (
            Arc::new(RLock::new(Cell::new(0))),
            Arc::new(Condition::new()),
        );
        let other = {
            let (lock, changed) = (Arc::clone(&lock), Arc::clone(&changed));
            thread::spawn(move || {
                lock.acquire().set(3);
                changed.notify_one();
            })
        };
        let take = |cell: &Cell<i32>| (cell.get() > 0).then(|| cell.replace(0));
        let mut guard = lock.acquire_owned();
        assert_eq!(changed.wait_for(&mut guard.outermost(), take), 3);
        other.join().unwrap();
        assert!(!changed.wait_timeout(&mut guard.outermost(), SHORT));
        let waited = changed.wait_while_until(&mut guard.outermost(), SHORT, |n| n.get() == 0);
        assert_eq!(waited, Err(WaitError::TimedOut));
    });
}

/// Runs `body`, which panics because of a second guard. The lock is intact afterwards.
fn refuses_a_second_guard<'a, T>(lock: &'a RLock<T>, body: impl FnOnce(&'a RLock<T>)) {
    let payload = panic::catch_unwind(AssertUnwindSafe(|| body(lock))).unwrap_err();
    let message = *payload
        .downcast::<String>()
        .unwrap_or_else(|payload| Box::new((*payload.downcast::<&str>().unwrap()).to_owned()));
    assert!(
        message.contains("the only guard of this `RLock`"),
        "{message}"
    );
}

#[test]
fn a_cell_cannot_be_waited_for_through_one_of_two_guards() {
    let (lock, changed) = (RLock::new(Cell::new(0)), Condition::new());
    refuses_a_second_guard(&lock, |lock| {
        let _outer = lock.acquire();
        changed.wait(&mut lock.acquire().outermost());
    });
    refuses_a_second_guard(&lock, |lock| {
        let _outer = lock.acquire();
        changed.wait_for(&mut lock.acquire().outermost(), |n| Some(n.get()));
    });
    assert!(!lock.is_locked(), "the panics left all levels");
    assert!(!changed.notify_one(), "and the queue");
}

#[test]
fn a_guard_made_by_the_predicate_counts_at_the_next_sleep() {
    let (lock, changed) = (RLock::new(Cell::new(0)), Condition::new());
    refuses_a_second_guard(&lock, |lock| {
        let mut kept = None;
        changed.wait_while(&mut lock.acquire().outermost(), |_| {
            kept = Some(lock.acquire());
            true
        });
    });
    assert!(!lock.is_locked());
}

#[test]
fn a_refused_wait_takes_no_notification() {
    static LOCK: RLock<Cell<u32>> = RLock::new(Cell::new(0));
    static CHANGED: Condition = Condition::new();
    bounded(|| {
        let woken = Arc::new(Lock::new(Vec::new()));
        let (here, before, seen) = (thread::current().id(), panic::take_hook(), woken.clone());
        // The hook runs where the wait is refused.
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == here {
                seen.acquire().push(CHANGED.notify_one());
            }
            before(info);
        }));
        refuses_a_second_guard(&LOCK, |lock| {
            let mut guard = lock.acquire();
            let mut outermost = guard.outermost();
            mem::forget(lock.acquire());
            CHANGED.wait(&mut outermost);
        });
        drop(panic::take_hook());
        assert_eq!(*woken.acquire(), [false], "no thread waits");
    });
}

#[test]
fn an_outermost_guard_waits_for_the_host_of_a_nested_task() {
    thread_local!(static LENT: Cell<Option<OwnedRLockGuard<Cell<u32>>>> = const { Cell::new(None) });
    bounded(|| {
        let (lock, changed) = (
            Arc::new(RLock::new(Cell::new(0))),
            Arc::new(Condition::new()),
        );
        let guard = lock.acquire_owned();
        guard.set(1);
        LENT.set(Some(guard));
        let (other, changed2) = (Arc::clone(&lock), Arc::clone(&changed));
        support::nested(move || {
            let mut guard = LENT.take().expect("it was lent by the host");
            assert!(other.is_locked() && !other.is_mine(), "it is the host's");
            let (lock, changed) = (Arc::clone(&other), Arc::clone(&changed2));
            let sets = threadkit::spawn(move || {
                lock.acquire().set(2);
                changed.notify_one();
            });
            changed2.wait_while(&mut guard.outermost(), |n| n.get() == 1);
            sets.join().unwrap();
            assert!(
                other.is_locked() && !other.is_mine(),
                "it is the host's again"
            );
            LENT.set(Some(guard));
        });
        let guard = LENT.take().expect("it was given back");
        assert!(lock.is_mine());
        assert_eq!(guard.get(), 2);
        let inner = lock.acquire();
        drop(guard);
        let other = Arc::clone(&lock);
        assert!(
            thread::spawn(move || other.try_acquire().is_none())
                .join()
                .unwrap()
        );
        drop(inner);
        assert!(!lock.is_locked());
        assert!(!changed.notify_one());
    });
}

#[test]
fn a_forgotten_guard_counts() {
    let (lock, changed) = (RLock::new(Cell::new(0)), Condition::new());
    mem::forget(lock.acquire());
    refuses_a_second_guard(&lock, |lock| {
        let _ = changed.wait_timeout(&mut lock.acquire().outermost(), SHORT);
    });
}

#[test]
fn one_condition_serves_two_locks() {
    bounded(|| {
        let changed = Arc::new(Condition::new());
        let locks = [Arc::new(Lock::new(0)), Arc::new(Lock::new(0))];
        let threads: Vec<_> = locks
            .iter()
            .map(|lock| {
                let (lock, changed) = (Arc::clone(lock), Arc::clone(&changed));
                thread::spawn(move || {
                    let mut guard = lock.acquire_owned();
                    *guard = 1;
                    changed.wait(&mut guard);
                    assert!(lock.try_acquire().is_none(), "it has its own lock back");
                    *guard = 2;
                })
            })
            .collect();
        eventually("both wait, with their locks released", || {
            locks.iter().all(|lock| *lock.acquire() == 1)
        });
        assert_eq!(changed.notify_all(), 2);
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert!(locks.iter().all(|lock| *lock.acquire() == 2));
    });
}

#[test]
fn a_panic_in_a_predicate_releases_the_lock_and_affects_no_other_waiter() {
    bounded(|| {
        let (lock, changed) = (Lock::new(0), Condition::new());
        for at_look in 1..=2 {
            let mut looks = 0;
            let wait = || {
                changed.wait_while_until(&mut lock.acquire(), SHORT, |_| {
                    looks += 1;
                    assert_ne!(looks, at_look, "on purpose");
                    true
                })
            };
            assert!(panic::catch_unwind(AssertUnwindSafe(wait)).is_err());
            assert!(lock.try_acquire().is_some());
            assert!(!changed.notify_one());
        }
    });
}

#[test]
fn it_waits_while_the_thread_unwinds() {
    struct WaitsInDrop<'a>(&'a Lock<i32>, &'a Condition);
    impl Drop for WaitsInDrop<'_> {
        fn drop(&mut self) {
            assert!(!self.1.wait_timeout(&mut self.0.acquire(), SHORT));
        }
    }
    let (lock, changed) = (Lock::new(0), Condition::new());
    let unwind = || {
        let _last = WaitsInDrop(&lock, &changed);
        panic!("on purpose");
    };
    assert!(panic::catch_unwind(AssertUnwindSafe(unwind)).is_err());
    assert!(lock.try_acquire().is_some());
}

#[test]
fn debug_never_waits() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let _guard = lock.acquire();
    assert_eq!(format!("{changed:?}"), "Condition { waiting: 0, .. }");
}

/// A waiter counts before another thread can have the lock: a notifier that holds the lock can rely on it.
#[test]
fn a_waiter_is_counted_from_the_moment_that_it_releases_the_lock() {
    bounded(|| {
        let shared = Arc::new((Lock::new(false), Condition::new()));
        let waiter = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let mut guard = shared.0.acquire();
                *guard = true;
                shared.1.wait(&mut guard);
            })
        };
        eventually("it has released the lock", || *shared.0.acquire());
        assert_eq!(shared.1.n_waiting(), 1);
        assert!(shared.1.notify_one());
        assert_eq!(shared.1.n_waiting(), 0);
        waiter.join().unwrap();
    });
}

/// Every notification that found a waiter ends exactly one wait, whatever deadlines and stops do.
#[test]
fn notifications_are_neither_lost_nor_shared() {
    const WAITERS: u64 = 4;
    const WAITS: u64 = 21_000 * SCALE;
    bounded(|| {
        let (lock, changed) = (Arc::new(Lock::new(())), Arc::new(Condition::new()));
        let left = Arc::new(AtomicU64::new(WAITERS));
        let sources: Arc<[Lock<StopSource>]> =
            (0..WAITERS).map(|_| Lock::new(StopSource::new())).collect();
        let waiters: Vec<_> = (0..WAITERS)
            .map(|n| {
                let (lock, changed) = (Arc::clone(&lock), Arc::clone(&changed));
                let (sources, left) = (Arc::clone(&sources), Arc::clone(&left));
                thread::spawn(move || {
                    let mut dice = Dice::new(n);
                    let mut notified = 0;
                    for _ in 0..WAITS {
                        let stop = sources[n as usize].acquire().token();
                        let limit = Duration::from_nanos(dice.below(40_000));
                        let waited = changed.wait_until(&mut lock.acquire(), (limit, &stop));
                        notified += u64::from(waited.is_ok());
                        if waited == Err(WaitError::Stopped) {
                            *sources[n as usize].acquire() = StopSource::new();
                        }
                    }
                    left.fetch_sub(1, Ordering::Relaxed);
                    notified
                })
            })
            .collect();
        let mut dice = Dice::new(99);
        let mut sent = 0;
        while left.load(Ordering::Relaxed) > 0 {
            match dice.below(8) {
                0 => drop(sources[dice.below(WAITERS) as usize].acquire().stop()),
                1 => sent += changed.notify_all() as u64,
                2 => sent += changed.notify(2) as u64,
                _ => sent += u64::from(changed.notify_one()),
            }
            thread::yield_now();
        }
        let received: u64 = waiters.into_iter().map(|t| t.join().unwrap()).sum();
        assert_eq!(sent, received);
        assert!(sent > 0);
    });
}

/// Consumers without a limit beside consumers that give up: every item is consumed. So no notification was spent on a
/// consumer that gave up.
#[test]
fn what_is_produced_is_consumed() {
    const ITEMS: u64 = 84_000 * SCALE;
    bounded(|| {
        let (store, filled) = (Arc::new(Lock::new(Vec::new())), Arc::new(Condition::new()));
        let consumers: Vec<_> = (0..4)
            .map(|n| {
                let (store, filled) = (Arc::clone(&store), Arc::clone(&filled));
                thread::spawn(move || {
                    let mut dice = Dice::new(n);
                    let mut sum = 0;
                    loop {
                        let mut guard = store.acquire();
                        let take = |items: &mut Vec<Option<u64>>| items.pop();
                        let item = if n % 2 == 0 {
                            filled.wait_for(&mut guard, take)
                        } else {
                            let limit = Duration::from_nanos(dice.below(20_000));
                            match filled.wait_for_until(&mut guard, limit, take) {
                                Ok(item) => item,
                                Err(_) => continue,
                            }
                        };
                        match item {
                            Some(item) => sum += item,
                            None => return sum,
                        }
                    }
                })
            })
            .collect();
        for item in 1..=ITEMS {
            store.acquire().push(Some(item));
            filled.notify_one();
        }
        eventually("the items are taken", || store.acquire().is_empty());
        for _ in 0..4 {
            store.acquire().push(None);
            filled.notify_one();
        }
        let sum: u64 = consumers.into_iter().map(|t| t.join().unwrap()).sum();
        assert_eq!(sum, ITEMS * (ITEMS + 1) / 2);
    });
}

#[test]
fn a_predicate_may_answer_with_a_bool() {
    bounded(|| {
        let (count, changed) = (Lock::new(0), Condition::new());
        thread::scope(|s| {
            s.spawn(|| {
                for _ in 0..3 {
                    *count.acquire() += 1;
                    changed.notify_one();
                }
            });
            let mut guard = count.acquire();
            changed.wait_for(&mut guard, |count| *count == 3);
            assert_eq!(*guard, 3);
        });
        let mut guard = count.acquire();
        let four = |count: &mut u32| *count == 4;
        let waited = changed.wait_for_until(&mut guard, SHORT, four);
        assert_eq!(waited, Err(WaitError::TimedOut));
        *guard += 1;
        assert_eq!(changed.wait_for_until(&mut guard, SHORT, four), Ok(()));
    });
}

#[test]
fn so_it_may_for_a_cell_in_an_rlock() {
    bounded(|| {
        let (count, changed) = (RLock::new(Cell::new(0)), Condition::new());
        thread::scope(|s| {
            s.spawn(|| {
                count.acquire().set(1);
                changed.notify_one();
            });
            changed.wait_for(&mut count.acquire().outermost(), |count| count.get() == 1);
        });
        let mut guard = count.acquire();
        let two = |count: &Cell<u32>| count.get() == 2;
        let waited = changed.wait_for_until(&mut guard.outermost(), SHORT, two);
        assert_eq!(waited, Err(WaitError::TimedOut));
    });
}

#[test]
fn a_predicate_may_leave_by_a_question_mark() {
    let (words, changed) = (Lock::new(vec!["to".to_owned()]), Condition::new());
    let length: u64 = changed.wait_for(&mut words.acquire(), |words| {
        let last = words.last()?;
        Some(last.len()).map(|length| length as _)
    });
    assert_eq!(length, 2);
}

#[test]
fn a_wait_in_a_destructor_is_notified_and_ends_at_its_limit() {
    bounded(|| {
        let shared = Arc::new((Lock::new(0), Condition::new()));
        let waiter = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                support::in_destructor(move || {
                    let mut guard = shared.0.acquire();
                    assert!(!shared.1.wait_timeout(&mut guard, SHORT));
                    *guard = 1;
                    shared.1.notify_one();
                    shared.1.wait_while(&mut guard, |n| *n == 1);
                    *guard
                })
            })
        };
        let mut guard = shared.0.acquire();
        shared.1.wait_while(&mut guard, |n| *n == 0);
        *guard = 2;
        shared.1.notify_one();
        drop(guard);
        assert_eq!(waiter.join().unwrap(), 2);
        assert_eq!(shared.1.notify_all(), 0);
    });
}

/// If a stop and a notification end a wait at the same time, the wait has ended by one of the two. The next waiter gets
/// the notification only if this wait did not.
#[test]
fn a_stop_that_races_a_notification_loses_none() {
    const ROUNDS: u64 = 300 * SCALE;
    bounded(|| {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        for _ in 0..ROUNDS {
            let source = StopSource::new();
            let mut guard = shared.0.acquire();
            let threads = [
                {
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || {
                        drop(shared.0.acquire());
                        shared.1.notify_one()
                    })
                },
                thread::spawn({
                    let source = source.clone();
                    move || {
                        source.stop();
                        false
                    }
                }),
            ];
            let waited = shared.1.wait_until(&mut guard, &source.token());
            drop(guard);
            let notified = threads
                .into_iter()
                .fold(false, |any, t| t.join().unwrap() | any);
            assert_eq!(waited.is_ok(), notified, "{waited:?}");
            assert!(!shared.1.notify_one(), "no thread waits any more");
        }
    });
}

#[test]
fn the_largest_number_of_notifications_wakes_no_waiter_that_is_not_there() {
    assert_eq!(Condition::new().notify(usize::MAX), 0);
}
