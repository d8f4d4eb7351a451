//! `RwLock` from the outside.

mod support;

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{Dice, SCALE, bounded, eventually, panic_of};
use threadkit::{
    MappedRwLockReadGuard, OwnedRwLockReadGuard, OwnedRwLockUpgradableGuard, RwLock,
    RwLockReadGuard, RwLockWriteGuard, TimedOut, synchronized,
};

const SHORT: Duration = Duration::from_millis(5);

/// The sides that another thread can acquire at once: reading, the upgradable side, writing.
fn others_get<T: Send + Sync>(lock: &RwLock<T>) -> (bool, bool, bool) {
    thread::scope(|s| {
        let there = || {
            let read = lock.try_read().is_some();
            let upgradable = lock.try_upgradable().is_some();
            let write = lock.try_write().is_some();
            (read, upgradable, write)
        };
        s.spawn(there).join().unwrap()
    })
}

#[test]
fn the_sides_exclude_what_they_must() {
    let lock = RwLock::new(1);
    assert_eq!(others_get(&lock), (true, true, true));
    let reader = lock.read();
    assert_eq!(others_get(&lock), (true, true, false));
    reader.release();
    let upgradable = lock.upgradable();
    assert_eq!(others_get(&lock), (true, false, false));
    drop(upgradable);
    let writer = lock.write();
    assert!(lock.is_written());
    assert_eq!(others_get(&lock), (false, false, false));
    let upgradable = writer.downgrade_to_upgradable();
    assert_eq!(others_get(&lock), (true, false, false));
    let writer = upgradable.upgrade();
    assert_eq!(others_get(&lock), (false, false, false));
    let reader = writer.downgrade();
    assert_eq!(others_get(&lock), (true, true, false));
    drop(reader);
    drop(lock.upgradable().downgrade());
    assert!(!lock.is_locked());
}

#[test]
fn times_are_up() {
    bounded(|| {
        let lock = Arc::new(RwLock::new(1));
        let there = Arc::clone(&lock);
        let writer = lock.write();
        let before = Instant::now();
        let others = thread::spawn(move || {
            [
                there.read_timeout(SHORT).map(|v| *v).err(),
                there.write_timeout(SHORT).map(|v| *v).err(),
                there.upgradable_timeout(SHORT).map(|v| *v).err(),
                there.read_timeout(Duration::ZERO).map(|v| *v).err(),
            ]
        });
        assert_eq!(others.join().unwrap(), [Some(TimedOut); 4]);
        assert!(before.elapsed() >= 3 * SHORT);
        drop(writer);
        assert!(lock.read_timeout(Duration::MAX).is_ok());
        assert!(lock.write_timeout(Duration::MAX).is_ok());
        assert!(lock.upgradable_timeout(Duration::MAX).is_ok());
    });
}

#[test]
fn a_failed_upgrade_gives_the_guard_back() {
    let lock = RwLock::new(1);
    let reader = lock.read();
    let guard = lock.upgradable();
    let guard = guard.try_upgrade().unwrap_err();
    let guard = guard.upgrade_timeout(SHORT).unwrap_err();
    assert_eq!(others_get(&lock), (true, false, false), "it reads on");
    drop(reader);
    let mut guard = guard.upgrade_timeout(SHORT).unwrap();
    *guard = 2;
    drop(guard);
    assert_eq!(*lock.read(), 2);
}

#[test]
fn mapped_guards_hold_on() {
    let lock = RwLock::new((1, vec![2, 3]));
    let list = RwLockReadGuard::map(lock.read(), |pair| &pair.1);
    let last = MappedRwLockReadGuard::map(list, |list| &list[1]);
    assert_eq!(*last, 3);
    assert_eq!(others_get(&lock), (true, true, false));
    drop(last);
    let whole = RwLockWriteGuard::try_map(lock.write(), |_| None::<&mut u8>).unwrap_err();
    let mut first = RwLockWriteGuard::map(whole, |pair| &mut pair.0);
    *first = 7;
    assert_eq!(others_get(&lock), (false, false, false));
    drop(first);
    assert_eq!(lock.into_inner(), (7, vec![2, 3]));
}

#[test]
fn a_panic_releases_it() {
    let lock = RwLock::new(1);
    for side in 0..3 {
        let holder = || match side {
            0 => panic!("while reading {}", *lock.read()),
            1 => panic!("while writing {}", *lock.write()),
            _ => panic!("in between {}", *lock.upgradable()),
        };
        assert!(panic::catch_unwind(AssertUnwindSafe(holder)).is_err());
        assert!(!lock.is_locked());
    }
}

#[test]
fn owned_guards_hold_and_keep_the_lock_alive() {
    let lock = Arc::new(RwLock::new(vec![1]));
    let reader = lock.read_owned();
    assert_eq!(others_get(&lock), (true, true, false));
    assert!(lock.try_read_owned().is_some() && lock.try_write_owned().is_none());
    assert!(lock.write_timeout_owned(SHORT).is_err());
    reader.release();

    let upgradable = lock.upgradable_owned();
    assert_eq!(others_get(&lock), (true, false, false));
    assert!(lock.try_upgradable_owned().is_none());
    assert!(lock.upgradable_timeout_owned(Duration::ZERO).is_err());
    let mut writer = upgradable.upgrade();
    writer.push(2);
    assert_eq!(others_get(&lock), (false, false, false));
    assert_eq!(lock.read_timeout_owned(SHORT).err(), Some(TimedOut));

    let upgradable = writer.downgrade_to_upgradable();
    assert_eq!(others_get(&lock), (true, false, false));
    let reader = upgradable.downgrade();
    assert_eq!(others_get(&lock), (true, true, false));
    drop(reader);
    let reader = lock.write_owned().downgrade();
    assert_eq!(others_get(&lock), (true, true, false));

    let weak = Arc::downgrade(&lock);
    drop(lock);
    assert_eq!(format!("{reader:?}"), "[1, 2]");
    assert!(weak.upgrade().unwrap().is_locked());
    drop(reader);
    assert!(weak.upgrade().is_none(), "the guard was the last owner");
}

#[test]
fn a_failed_owned_upgrade_gives_the_guard_back() {
    let lock = Arc::new(RwLock::new(1));
    let reader = lock.read();
    let guard = lock.upgradable_owned();
    let guard = guard.try_upgrade().unwrap_err();
    let guard = guard.upgrade_timeout(SHORT).unwrap_err();
    assert_eq!(others_get(&lock), (true, false, false), "it reads on");
    drop(reader);
    let mut guard = guard.try_upgrade().unwrap();
    *guard = 2;
    let guard = guard.downgrade_to_upgradable();
    *guard.upgrade_timeout(Duration::MAX).unwrap() += 1;
    assert_eq!(Arc::into_inner(lock).unwrap().into_inner(), 3);
}

#[test]
fn owned_guards_are_as_small_as_a_pointer_and_fit_any_value() {
    if cfg!(not(any(debug_assertions, feature = "explore"))) {
        assert_eq!(
            size_of::<OwnedRwLockReadGuard<u64>>(),
            size_of::<usize>(),
            "a pointer"
        );
    }
    let text: Arc<RwLock<dyn std::fmt::Display + Send + Sync>> = Arc::new(RwLock::new(5));
    assert_eq!(text.read_owned().to_string(), "5");
    assert_eq!(text.write_owned().to_string(), "5");
    assert_eq!(text.upgradable_owned().to_string(), "5");
}

/// Operations on a lock, whose results are dropped.
#[cfg(debug_assertions)]
type Deed = fn(&Arc<RwLock<i32>>);

#[cfg(debug_assertions)]
#[test]
fn a_wait_for_oneself_is_reported() {
    let writes: Deed = |lock| drop(lock.write());
    let upgradable: Deed = |lock| drop(lock.upgradable());
    let deadlocks: [(Deed, &[Deed]); 3] = [
        (
            |lock| std::mem::forget(lock.write()),
            &[
                |lock| drop(lock.read()),
                |lock| drop(lock.read_owned()),
                |lock| drop(lock.read_timeout(Duration::MAX)),
                writes,
                |lock| drop(lock.write_owned()),
                upgradable,
            ],
        ),
        (
            |lock| std::mem::forget(lock.upgradable()),
            &[
                writes,
                upgradable,
                |lock| drop(lock.upgradable_owned()),
                |lock| drop(lock.upgradable_timeout(Duration::MAX)),
            ],
        ),
        (
            |lock| std::mem::forget(lock.try_read()),
            &[
                writes,
                |lock| drop(lock.write_owned()),
                |lock| drop(lock.write_timeout_owned(Duration::MAX)),
            ],
        ),
    ];
    for (holds, deadlocks) in deadlocks {
        let lock = Arc::new(RwLock::named("rates", 1));
        holds(&lock);
        for deadlock in deadlocks {
            let payload = panic::catch_unwind(AssertUnwindSafe(|| deadlock(&lock))).unwrap_err();
            let message = payload.downcast::<String>().unwrap();
            assert!(
                message.contains("`rates`") && message.contains("already holds since tests"),
                "{message}"
            );
            assert!(
                message.contains("an `RwLock` is not reentrant")
                    && !message.contains("use `RLock`"),
                "{message}"
            );
        }
        assert_eq!(lock.write_timeout(SHORT).err(), Some(TimedOut), "no harm");
    }
}

#[cfg(debug_assertions)]
#[test]
fn an_upgrade_that_waits_for_oneself_is_reported_and_releases() {
    let lock = Arc::new(RwLock::new(1));
    let reader = lock.read();
    let upgrades: [Deed; 4] = [
        |lock| drop(lock.upgradable().upgrade()),
        |lock| {
            let guard = lock.upgradable();
            drop(guard.upgrade_timeout(Duration::MAX));
        },
        |lock| drop(lock.upgradable_owned().upgrade()),
        |lock| {
            let guard = lock.upgradable_owned();
            let never = Duration::MAX;
            drop(guard.upgrade_timeout(never));
        },
    ];
    for upgrade in upgrades {
        let payload = panic::catch_unwind(AssertUnwindSafe(|| upgrade(&lock))).unwrap_err();
        let message = payload.downcast::<String>().unwrap();
        assert!(message.contains("through another guard"), "{message}");
        assert_eq!(
            others_get(&lock),
            (true, true, false),
            "only the read is left"
        );
    }
    drop(reader);
    assert!(!lock.is_locked());
    drop(lock.upgradable().upgrade());
}

#[cfg(debug_assertions)]
#[test]
fn debug_shows_the_readers() {
    let lock = RwLock::new(1);
    let (one, other) = (lock.read(), lock.try_read());
    let name = threadkit::current().name();
    let text = format!("{lock:?}");
    assert!(text.contains(&format!("read_by: [{name:?}]")), "{text}");
    drop(one);
    assert!(format!("{lock:?}").contains("read_by"));
    drop(other);
    let upgradable = lock.write().downgrade_to_upgradable();
    assert!(format!("{lock:?}").contains("read_by"));
    drop(upgradable.downgrade());
    assert!(!format!("{lock:?}").contains("read_by"));
}

/// Holds the lock that it stands in, and prints it.
struct Mirror(Option<&'static RwLock<Mirror>>);

impl std::fmt::Debug for Mirror {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(lock) => lock.fmt(f),
            None => f.write_str("nothing"),
        }
    }
}

#[test]
fn a_lock_that_prints_itself_comes_to_an_end() {
    let lock: &'static RwLock<Mirror> = Box::leak(Box::new(RwLock::new(Mirror(None))));
    lock.write().0 = Some(lock);
    for _ in 0..2 {
        let text = format!("{lock:?}");
        assert_eq!(text.matches("RwLock {").count(), 2, "{text}");
        assert!(text.contains("<itself>"), "{text}");
    }
    assert!(!lock.is_locked());
}

#[test]
fn debug_never_waits() {
    let lock = RwLock::new(1);
    let reader = lock.read();
    assert!(format!("{lock:?}").starts_with("RwLock { value: 1"));
    drop(reader);
    let _writer = lock.write();
    assert!(format!("{lock:?}").starts_with("RwLock { value: <locked>"));
}

static TABLE: RwLock<Vec<u32>> = RwLock::new(Vec::new());

#[synchronized(write(table = TABLE))]
fn insert(n: u32) {
    table.push(n);
}

#[synchronized(read(table = TABLE))]
fn sum() -> u32 {
    table.iter().sum()
}

#[test]
fn synchronized_takes_its_sides() {
    insert(1);
    insert(2);
    let _reader = TABLE.read();
    assert_eq!(sum(), 3);
}

type Pair = (u64, u64);

/// Writes both halves, and counts it.
fn counted<'a>(
    writes: &AtomicU64,
    mut guard: RwLockWriteGuard<'a, Pair>,
) -> RwLockWriteGuard<'a, Pair> {
    assert_eq!(guard.0, guard.1);
    guard.0 += 1;
    guard.1 += 1;
    writes.fetch_add(1, Ordering::Relaxed);
    guard
}

/// No thread sees half of a write, and every write counts, however the lock was acquired.
#[test]
fn writes_are_whole_and_counted() {
    const ROUNDS: u64 = 25_000 * SCALE;
    bounded(|| {
        let lock = Arc::new(RwLock::new((0_u64, 0_u64)));
        let writes = Arc::new(AtomicU64::new(0));
        let threads: Vec<_> = (0..4)
            .map(|seed| {
                let (lock, writes) = (Arc::clone(&lock), Arc::clone(&writes));
                thread::spawn(move || {
                    let mut dice = Dice::new(seed);
                    for _ in 0..ROUNDS {
                        let limit = Duration::from_nanos(dice.below(20_000));
                        match dice.below(8) {
                            0 => drop(counted(&writes, lock.write())),
                            1 => {
                                let reader = counted(&writes, lock.write()).downgrade();
                                assert_eq!(reader.0, reader.1);
                            }
                            2 => {
                                let seen = lock.upgradable();
                                let before = seen.0;
                                let writer = counted(&writes, seen.upgrade());
                                assert_eq!(
                                    writer.0,
                                    before + 1,
                                    "no other thread wrote in between"
                                );
                            }
                            3 => drop(
                                lock.write_timeout(limit)
                                    .map(|guard| counted(&writes, guard)),
                            ),
                            4 => {
                                let seen = lock.upgradable();
                                let guard = seen.upgrade_timeout(limit);
                                drop(guard.map(|guard| counted(&writes, guard)));
                            }
                            5 => drop(lock.read_timeout(limit).map(|v| assert_eq!(v.0, v.1))),
                            _ => {
                                let reader = lock.read();
                                assert_eq!(reader.0, reader.1);
                            }
                        }
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(lock.read().0, writes.load(Ordering::Relaxed));
        assert!(!lock.is_locked());
    });
}

/// Threads that acquire the lock again and again must not keep another one out for long.
fn is_served_among(
    crowd: fn(&RwLock<AtomicUsize>, &dyn Fn()),
    guest: fn(&RwLock<AtomicUsize>) -> bool,
) {
    bounded(move || {
        let lock = Arc::new(RwLock::new(AtomicUsize::new(0)));
        let over = Arc::new(AtomicBool::new(false));
        let rounds = Arc::new(AtomicU64::new(0));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (lock, over) = (Arc::clone(&lock), Arc::clone(&over));
                let rounds = Arc::clone(&rounds);
                thread::spawn(move || {
                    let hold = || {
                        let until = Instant::now() + Duration::from_micros(50);
                        while Instant::now() < until {}
                    };
                    while !over.load(Ordering::Relaxed) {
                        crowd(&lock, &hold);
                        rounds.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        eventually("the hosts are at it", || {
            rounds.load(Ordering::Relaxed) > 100
        });
        let served = (0..20).all(|_| guest(&lock));
        over.store(true, Ordering::Relaxed);
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert!(served, "kept out for longer than a second");
    });
}

const LONG: Duration = Duration::from_secs(1);

#[test]
fn a_reader_is_served_among_writers() {
    is_served_among(
        |lock, hold| {
            let _writer = lock.write();
            hold();
        },
        |lock| lock.read_timeout(LONG).is_ok(),
    );
}

#[test]
fn a_writer_is_served_among_readers() {
    is_served_among(
        |lock, hold| {
            let _reader = lock.read();
            hold();
        },
        |lock| lock.write_timeout(LONG).is_ok(),
    );
}

#[test]
fn a_writer_is_served_among_upgradable_readers() {
    is_served_among(
        |lock, hold| {
            let _guard = lock.upgradable();
            hold();
        },
        |lock| lock.write_timeout(LONG).is_ok() && lock.upgradable_timeout(LONG).is_ok(),
    );
}

thread_local! {
    /// A guard that one task of a thread leaves to another.
    static LENT: Cell<Option<Box<dyn Any>>> = const { Cell::new(None) };
}

type Acquire = fn(&Arc<RwLock<u32>>) -> Box<dyn Any>;

const ACQUIRE: [Acquire; 3] = [
    |lock| Box::new(lock.read_owned()),
    |lock| Box::new(lock.upgradable_owned()),
    |lock| Box::new(lock.write_owned()),
];

/// The guard that was left to the current task.
fn taken<G: 'static>() -> G {
    let guard = LENT.take().expect("it was lent");
    *guard.downcast().expect("it is of this side")
}

/// Checks that this thread can have every side, one after the other.
fn all_sides_are_free(lock: &Arc<RwLock<u32>>) {
    assert_eq!(others_get(lock), (true, true, true));
    for acquire in ACQUIRE {
        drop(acquire(lock));
    }
}

#[test]
fn a_side_passes_between_a_nested_task_and_its_host() {
    bounded(|| {
        let lock = Arc::new(RwLock::new(1));
        for acquire in ACQUIRE {
            // The nested task drops what its host has acquired.
            LENT.set(Some(acquire(&lock)));
            let other = Arc::clone(&lock);
            support::nested(move || {
                assert!(other.try_write().is_none());
                assert_eq!(other.write_timeout(SHORT).err(), Some(TimedOut));
                drop(LENT.take());
                assert_eq!(*other.write(), 1);
            });
            all_sides_are_free(&lock);
            // And the other way round.
            let other = Arc::clone(&lock);
            support::nested(move || LENT.set(Some(acquire(&other))));
            assert!(lock.try_write().is_none());
            drop(LENT.take());
            all_sides_are_free(&lock);
        }
    });
}

#[test]
fn a_host_is_refused_what_a_nested_task_has_left() {
    if cfg!(not(any(debug_assertions, feature = "explore"))) {
        return;
    }
    bounded(|| {
        for (left, acquire) in ACQUIRE.into_iter().enumerate() {
            let lock = Arc::new(RwLock::new(1));
            let other = Arc::clone(&lock);
            support::nested(move || LENT.set(Some(acquire(&other))));
            for (asked, acquire) in ACQUIRE.into_iter().enumerate() {
                // Readers come in beside readers and the upgradable reader, and the latter beside readers.
                if asked.max(left) < 2 && asked + left < 2 {
                    drop(acquire(&lock));
                    continue;
                }
                let message = panic_of(|| drop(acquire(&lock)));
                let expected = match left {
                    2 => "has ended without releasing it",
                    _ => "which it already holds",
                };
                assert!(message.contains(expected), "{left}, {asked}: {message}");
            }
            drop(LENT.take());
            all_sides_are_free(&lock);
        }
    });
}

#[test]
fn a_nested_task_upgrades_and_downgrades_what_its_host_has_acquired() {
    bounded(|| {
        let lock = Arc::new(RwLock::new(1_u32));
        LENT.set(Some(Box::new(lock.upgradable_owned())));
        support::nested(|| {
            let mut guard = OwnedRwLockUpgradableGuard::<u32>::upgrade(taken());
            *guard += 1;
            let guard = guard.downgrade_to_upgradable();
            LENT.set(Some(Box::new(guard.downgrade())));
        });
        assert_eq!(others_get(&lock), (true, true, false));
        let guard: OwnedRwLockReadGuard<u32> = taken();
        assert_eq!(*guard, 2);
        drop(guard);
        assert_eq!(others_get(&lock), (true, true, true));
    });
}

#[test]
fn a_side_kept_in_a_thread_local_is_released_when_the_thread_ends() {
    bounded(|| {
        let lock = Arc::new(RwLock::new(1));
        for acquire in ACQUIRE {
            let other = Arc::clone(&lock);
            thread::spawn(move || LENT.set(Some(acquire(&other))))
                .join()
                .unwrap();
            assert_eq!(others_get(&lock), (true, true, true));
            let other = Arc::clone(&lock);
            support::in_destructor(move || drop(acquire(&other)));
            assert_eq!(others_get(&lock), (true, true, true));
        }
    });
}

#[test]
fn a_panic_while_an_upgrade_fails_or_a_part_is_sought_releases_the_lock() {
    bounded(|| {
        let lock = Arc::new(RwLock::new(1));
        let reader = lock.read();
        let other = Arc::clone(&lock);
        let failed = thread::spawn(move || {
            panic_of(|| {
                let guard = other.upgradable().upgrade_timeout(SHORT);
                let _guard = guard.expect_err("one reads");
                panic!("with the guard that was given back");
            })
        });
        assert_eq!(failed.join().unwrap(), "with the guard that was given back");
        drop(reader);
        assert_eq!(others_get(&lock), (true, true, true));
        panic_of(|| {
            drop(RwLockWriteGuard::map(lock.write(), |_| -> &mut u32 {
                panic!()
            }))
        });
        panic_of(|| _ = RwLockReadGuard::try_map(lock.read(), |_| -> Option<&u32> { panic!() }));
        assert_eq!(others_get(&lock), (true, true, true));
    });
}
