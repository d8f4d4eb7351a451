//! Slow holders, and the report about the places where they acquire.

#![cfg(any(debug_assertions, feature = "explore"))]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use support::{bounded, eventually};
use threadkit::inspect::{self, Contention, ContentionRow};
use threadkit::prelude::*;
use threadkit::{RwLock, RwLockUpgradableGuard, RwLockWriteGuard, State, Thread, ThreadPool};

/// The tests take turns, because the record belongs to the whole process.
static ALONE: Mutex<()> = Mutex::new(());

/// How long the slow ones hold their locks.
const SLOW: Duration = Duration::from_millis(40);

/// Records what happens in `body`.
fn recorded(body: impl FnOnce() + Send + 'static) -> Contention {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    inspect::reset_contention();
    bounded(move || {
        inspect::record_contention(true);
        body();
        inspect::record_contention(false);
    });
    inspect::contention()
}

/// Holds a lock for that long. It is busy, because a sleep would hide time that is charged to no thread.
fn hold(time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        thread::yield_now();
    }
}

/// When this returns, a thread waits for a lock.
fn waiter(name: &str, body: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    let thread = Thread::new(body).name(name).start();
    let waits = || matches!(thread.state(), State::Waiting { .. });
    eventually("it waits", || waits() || thread.is_finished());
    thread
}

/// A program in which one thread holds a lock slowly while others want it; returns the line where the slow one acquires
/// it.
type Planted = (&'static str, fn() -> u32);

/// Several threads acquire a lock three times each, quickly, while another one holds it.
fn crowd<L: Sync + Send + 'static>(lock: &Arc<L>, acquire: fn(&L)) -> Vec<JoinHandle<()>> {
    (0..3)
        .map(|number| {
            let lock = Arc::clone(lock);
            waiter(&format!("quick-{number}"), move || {
                for _ in 0..3 {
                    acquire(&lock);
                }
            })
        })
        .collect()
}

fn join(threads: Vec<JoinHandle<()>>) {
    threadkit::join_all(threads).unwrap();
}

struct Ledger(u64);

#[monitor(SharedLedger)]
impl Ledger {
    pub(crate) fn new() -> Self {
        Self(0)
    }

    pub(crate) fn slowly(&mut self, then: &mut dyn FnMut()) {
        self.0 += 1;
        then();
    }

    pub(crate) fn quickly(&mut self) {
        self.0 += 1;
    }
}

const PLANTED: [Planted; 12] = [
    ("lock", || {
        let lock = Arc::new(Lock::named("slow lock", 0));
        let (held, line) = (lock.acquire(), line!());
        let crowd = crowd(&lock, |lock| *lock.acquire() += 1);
        hold(SLOW);
        drop(held);
        join(crowd);
        line
    }),
    ("rlock", || {
        let lock = Arc::new(RLock::new(()));
        let (held, line) = (lock.acquire(), line!());
        let again = lock.acquire();
        let crowd = crowd(&lock, |lock| drop(lock.acquire()));
        hold(SLOW);
        drop((again, held));
        join(crowd);
        line
    }),
    ("monitor", || {
        let ledger = Arc::new(SharedLedger::new());
        let mut crowds = Vec::new();
        let line = line!() + 1;
        ledger.slowly(&mut || {
            crowds = crowd(&ledger, |ledger| ledger.quickly());
            hold(SLOW);
        });
        join(crowds);
        line
    }),
    ("writer", || {
        let lock = Arc::new(RwLock::new(0));
        let (held, line) = (lock.write(), line!());
        let crowd = crowd(&lock, |lock| assert!(*lock.read() < 9));
        hold(SLOW);
        drop(held);
        join(crowd);
        line
    }),
    ("reader-and-writers", || {
        let lock = Arc::new(RwLock::new(0));
        let (held, line) = (lock.read(), line!());
        let crowd = crowd(&lock, |lock| *lock.write() += 1);
        hold(SLOW);
        drop(held);
        join(crowd);
        line
    }),
    ("reader-and-readers-behind-a-writer", || {
        // The readers wait because a writer does, and the writer because of the slow reader.
        let lock = Arc::new(RwLock::new(0));
        let (held, line) = (lock.read(), line!());
        let writes = Arc::clone(&lock);
        let writer = waiter("writer", move || *writes.write() += 1);
        let crowd = crowd(&lock, |lock| assert!(*lock.read() < 9));
        hold(SLOW);
        drop(held);
        join(crowd);
        writer.join().unwrap();
        line
    }),
    ("slow-among-quick-readers", || {
        let lock = Arc::new(RwLock::new(0));
        let (held, line) = (lock.read(), line!());
        let quick: Vec<_> = (0..5).map(|_| lock.try_read().unwrap()).collect();
        drop(quick);
        let crowd = crowd(&lock, |lock| *lock.write() += 1);
        hold(SLOW);
        drop(held);
        join(crowd);
        line
    }),
    ("upgradable", || {
        let lock = Arc::new(RwLock::new(0));
        let (held, line) = (lock.upgradable(), line!());
        let crowd = crowd(&lock, |lock| drop(lock.upgradable()));
        hold(SLOW);
        drop(held);
        join(crowd);
        line
    }),
    ("upgraded", || {
        let lock = Arc::new(RwLock::new(0));
        let read = lock.upgradable();
        let (held, line) = (RwLockUpgradableGuard::upgrade(read), line!());
        let crowd = crowd(&lock, |lock| assert!(*lock.read() < 9));
        hold(SLOW);
        drop(held);
        join(crowd);
        line
    }),
    ("downgraded", || {
        let lock = Arc::new(RwLock::new(0));
        let write = lock.write();
        let (held, line) = (RwLockWriteGuard::downgrade(write), line!());
        let crowd = crowd(&lock, |lock| *lock.write() += 1);
        hold(SLOW);
        drop(held);
        join(crowd);
        line
    }),
    ("second-in-line", || {
        // The slow holder is not the thread that holds the lock when the others begin to wait, but one that waits like
        // them.
        let lock = Arc::new(Lock::new(0));
        let is_slow = Arc::new(AtomicBool::new(false));
        let held = lock.acquire();
        let (slow, begins) = (Arc::clone(&lock), Arc::clone(&is_slow));
        let line = line!() + 2;
        let slow = waiter("slow", move || {
            let _held = slow.acquire();
            begins.store(true, Ordering::Relaxed);
            hold(3 * SLOW);
        });
        let quick = (0..4).map(|number| {
            let (lock, is_slow) = (Arc::clone(&lock), Arc::clone(&is_slow));
            waiter(&format!("quick-{number}"), move || {
                while !is_slow.load(Ordering::Relaxed) {
                    *lock.acquire() += 1;
                }
            })
        });
        let quick = quick.collect();
        drop(held);
        slow.join().unwrap();
        join(quick);
        line
    }),
    ("waits-with-a-limit", || {
        let lock = Arc::new(Lock::new(0));
        let (held, line) = (lock.acquire(), line!());
        let crowd = crowd(&lock, |lock| {
            let _ = lock.acquire_timeout(Duration::from_secs(20));
        });
        hold(SLOW);
        drop(held);
        join(crowd);
        line
    }),
];

#[test]
fn slow_holders_stand_first() {
    for (case, plant) in PLANTED {
        let line = Arc::new(Mutex::new(0));
        let found = Arc::clone(&line);
        let contention = recorded(move || *found.lock().unwrap() = plant());
        let line = *line.lock().unwrap();
        let first = &contention.rows()[0];
        let place = (first.place().file(), first.place().line());
        assert_eq!(
            place,
            ("tests/contention.rs", line),
            "`{case}`:\n{contention}"
        );
        // At least two of three threads have waited for the time of the hold.
        assert!(first.blame() >= SLOW, "`{case}`:\n{contention}");
    }
    const { assert!(PLANTED.len() >= 10, "few cases prove little") };
    println!("{} slow holders, all in the first row", PLANTED.len());
}

fn sum(contention: &Contention, of: fn(&ContentionRow) -> Duration) -> Duration {
    contention.rows().iter().map(of).sum()
}

#[test]
fn each_wait_is_charged_once() {
    let contention = recorded(|| {
        let (lock, table) = (Arc::new(Lock::new(0)), Arc::new(RwLock::new(0)));
        let threads: Vec<_> = (0..6_u64)
            .map(|number| {
                let (lock, table) = (Arc::clone(&lock), Arc::clone(&table));
                threadkit::spawn(move || {
                    for round in 0..200 {
                        match (round + number) % 4 {
                            0 => *lock.acquire() += 1,
                            1 => {
                                let mut held = lock.acquire();
                                thread::yield_now();
                                *held += 1;
                            }
                            2 => assert!(*table.read() < u64::MAX),
                            _ => *table.write() += 1,
                        }
                    }
                })
            })
            .collect();
        threadkit::join_all(threads).unwrap();
    });
    let (waited, blamed) = (
        sum(&contention, ContentionRow::waited),
        sum(&contention, ContentionRow::blame),
    );
    assert!(blamed <= waited, "{blamed:?} of {waited:?}\n{contention}");
    // All but the time between a release and the next acquisition, in which the lock has no holder.
    assert!(
        blamed >= waited / 2,
        "{blamed:?} of {waited:?}\n{contention}"
    );
    let acquisitions: u64 = contention
        .rows()
        .iter()
        .map(ContentionRow::acquisitions)
        .sum();
    assert_eq!(acquisitions, 1200, "{contention}");
}

#[test]
fn acquisitions_and_holds_are_counted() {
    let line = line!() + 6;
    let contention = recorded(|| {
        let lock = Lock::named("counted", 0);
        for round in 0..10 {
            let mut held =
                // No other thread wants this lock.
                lock.acquire();
            *held += round;
            if round == 3 {
                hold(SLOW);
            }
        }
    });
    let row = &contention.rows()[0];
    assert_eq!(row.place().line(), line);
    assert!(
        row.lock().starts_with("`counted` (tests/contention.rs:"),
        "{}",
        row.lock()
    );
    assert_eq!((row.acquisitions(), row.contended()), (10, 0));
    assert_eq!(
        (row.waited(), row.blame()),
        (Duration::ZERO, Duration::ZERO)
    );
    assert!(
        row.held() >= row.longest_hold() && row.longest_hold() >= SLOW,
        "{contention}"
    );
}

#[test]
fn waits_are_counted_where_they_are() {
    let line = line!() + 6;
    let contention = recorded(|| {
        let lock = Arc::new(Lock::new(0));
        let held = lock.acquire();
        let waits = Arc::clone(&lock);
        let waiter = waiter("waiter", move || {
            *waits.acquire() += 1;
        });
        hold(SLOW);
        drop(held);
        waiter.join().unwrap();
    });
    let row = contention
        .rows()
        .iter()
        .find(|row| row.place().line() == line);
    let row = row.expect("the place of the wait is there");
    assert_eq!((row.acquisitions(), row.contended()), (1, 1));
    assert!(
        row.waited() >= SLOW / 2 && row.waited() == row.longest_wait(),
        "{contention}"
    );
}

#[test]
fn nothing_is_recorded_before_and_after() {
    let contention = recorded(|| ());
    assert!(contention.rows().is_empty(), "{contention}");
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    inspect::reset_contention();
    drop(Lock::new(()).acquire());
    assert!(inspect::contention().rows().is_empty());
}

#[test]
fn it_can_begin_and_end_while_threads_wait() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    bounded(|| {
        for on in [true, false] {
            inspect::record_contention(!on);
            let lock = Arc::new(Lock::new(0));
            let held = lock.acquire();
            let waits = Arc::clone(&lock);
            let waiter = waiter("waiter", move || *waits.acquire() += 1);
            inspect::record_contention(on);
            drop(held);
            waiter.join().unwrap();
            assert_eq!(*lock.acquire(), 1);
        }
        inspect::record_contention(false);
    });
    inspect::reset_contention();
}

#[test]
fn a_condition_charges_the_place_of_its_wait() {
    let contention = recorded(|| {
        let pair = Arc::new((Lock::new(false), Condition::new()));
        let (other, both) = (Arc::clone(&pair), Arc::new(Barrier::new(2)));
        let both2 = Arc::clone(&both);
        let waiter = threadkit::spawn(move || {
            let mut ready = other.0.acquire();
            both2.wait();
            other.1.wait_while(&mut ready, |ready| !*ready);
        });
        both.wait();
        {
            let mut ready = pair.0.acquire();
            *ready = true;
            pair.1.notify_one();
            hold(SLOW);
        }
        waiter.join().unwrap();
    });
    let is_ours = |row: &&ContentionRow| row.place().file() != "tests/contention.rs";
    assert!(
        !contention.rows().iter().any(|row| is_ours(&row)),
        "{contention}"
    );
}

#[test]
fn the_table_is_given_in_three_forms() {
    let contention = recorded(|| {
        let lock = Arc::new(Lock::named("busy", 0));
        let pool = ThreadPool::new(2);
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let lock = Arc::clone(&lock);
                pool.submit(move || {
                    let mut held = lock.acquire();
                    hold(Duration::from_micros(200));
                    *held += 1;
                })
            })
            .collect();
        threadkit::wait_all(tasks);
    });
    let busy = contention
        .rows()
        .iter()
        .find(|row| row.lock().starts_with("`busy`"));
    assert_eq!(busy.expect("it is there").acquisitions(), 20);
    let table = contention.to_string();
    let mut lines = table.lines();
    let head: Vec<_> = lines.next().unwrap().split_whitespace().collect();
    let columns = [
        "blame", "waited", "longest", "waits", "of", "held", "longest", "place", "lock",
    ];
    assert_eq!(head, columns);
    assert_eq!(lines.count(), contention.rows().len());
    assert!(table.contains("`busy` (tests/contention.rs:"), "{table}");
    let json = contention.to_json();
    assert!(
        json.starts_with(r#"{"version":1,"rows":[{"file":""#),
        "{json}"
    );
    assert!(json.contains(r#""acquisitions":20"#), "{json}");
    contention.trace();
}
