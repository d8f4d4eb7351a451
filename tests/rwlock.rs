//! `RwLock` from the outside.

mod common;

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::{Dice, SCALE, bounded, eventually};
use threadkit::{
    MappedRwLockReadGuard, RwLock, RwLockReadGuard, RwLockUpgradableGuard, RwLockWriteGuard,
    TimedOut, synchronized,
};

const SHORT: Duration = Duration::from_millis(5);

/// What another thread can have of the lock at once: reading, the upgradable side, writing.
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
    let upgradable = RwLockWriteGuard::downgrade_to_upgradable(writer);
    assert_eq!(others_get(&lock), (true, false, false));
    let writer = RwLockUpgradableGuard::upgrade(upgradable);
    assert_eq!(others_get(&lock), (false, false, false));
    let reader = RwLockWriteGuard::downgrade(writer);
    assert_eq!(others_get(&lock), (true, true, false));
    drop(reader);
    drop(RwLockUpgradableGuard::downgrade(lock.upgradable()));
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
    let guard = RwLockUpgradableGuard::try_upgrade(guard).unwrap_err();
    let guard = RwLockUpgradableGuard::upgrade_timeout(guard, SHORT).unwrap_err();
    assert_eq!(others_get(&lock), (true, false, false), "it reads on");
    drop(reader);
    let mut guard = RwLockUpgradableGuard::upgrade_timeout(guard, SHORT).unwrap();
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
#[cfg(debug_assertions)]
fn waiting_for_oneself_is_told() {
    let lock = RwLock::named("rates", 1);
    let _writer = lock.write();
    let deadlocks: [fn(&RwLock<i32>); 3] = [
        |lock| drop(lock.read()),
        |lock| drop(lock.write()),
        |lock| drop(lock.upgradable()),
    ];
    for deadlock in deadlocks {
        let payload = panic::catch_unwind(AssertUnwindSafe(|| deadlock(&lock))).unwrap_err();
        let message = payload.downcast::<String>().unwrap();
        assert!(
            message.contains("`rates`") && message.contains("already holds"),
            "{message}"
        );
    }
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

/// Nobody sees half of a write, and every write counts, whatever way it was come by.
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
                                let reader =
                                    RwLockWriteGuard::downgrade(counted(&writes, lock.write()));
                                assert_eq!(reader.0, reader.1);
                            }
                            2 => {
                                let seen = lock.upgradable();
                                let before = seen.0;
                                let writer = counted(&writes, RwLockUpgradableGuard::upgrade(seen));
                                assert_eq!(writer.0, before + 1, "nobody wrote in between");
                            }
                            3 => drop(
                                lock.write_timeout(limit)
                                    .map(|guard| counted(&writes, guard)),
                            ),
                            4 => {
                                let seen = lock.upgradable();
                                let guard = RwLockUpgradableGuard::upgrade_timeout(seen, limit);
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

/// Threads that come again and again must not keep another one out for long.
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
        eventually(|| rounds.load(Ordering::Relaxed) > 100);
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
