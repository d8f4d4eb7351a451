//! `Lock` from the outside.

mod support;

use std::cell::Cell;
use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use support::{
    Drops, Inside, LONG, MOMENT, TRACKED, at_thread_end, bounded, eventually, panic_of,
    until_waiting,
};
use threadkit::{Lock, LockGuard, MappedLockGuard, OwnedLockGuard, RLock, TimedOut, lock_all};

static GLOBAL: Lock<Vec<u32>> = Lock::new(Vec::new());
static NAMED: Lock<u32> = Lock::named("register", 5);
static PLAIN: Lock = Lock::new(());

#[test]
fn the_value_is_reached_through_the_guard() {
    let lock = Lock::new(vec![1]);
    lock.acquire().push(2);
    *lock.acquire() = lock_free_sum(&[1, 2]);
    assert_eq!(*lock.acquire(), [3]);
    assert_eq!(lock.into_inner(), [3]);
}

fn lock_free_sum(of: &[i32]) -> Vec<i32> {
    vec![of.iter().sum()]
}

#[test]
fn statics_default_and_from() {
    GLOBAL.acquire().push(1);
    assert_eq!(GLOBAL.acquire().len(), 1);
    assert_eq!(*NAMED.acquire(), 5);
    PLAIN.acquire().release();
    assert_eq!(*Lock::<u8>::default().acquire(), 0);
    assert_eq!(*Lock::from("text").acquire(), "text");
}

#[test]
fn get_mut_and_same_need_no_locking() {
    let mut a = Lock::new(1);
    let b = Lock::new(1);
    mem::forget(a.acquire());
    *a.get_mut() += 1;
    assert!(Lock::same(&a, &a) && !Lock::same(&a, &b));
    assert_eq!(a.into_inner(), 2, "a forgotten guard cannot keep the value");
}

#[test]
fn one_at_a_time() {
    bounded(|| {
        let lock = Arc::new(Lock::new(0_u64));
        let inside = Arc::new(Inside::new());
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let (lock, inside) = (Arc::clone(&lock), Arc::clone(&inside));
                threadkit::spawn(move || {
                    for round in 0..500 {
                        match (n + round) % 4 {
                            0 => {
                                let mut guard = lock.acquire();
                                inside.visit();
                                *guard += 1;
                            }
                            1 => lock.with(|value| {
                                inside.visit();
                                *value += 1;
                            }),
                            2 => {
                                let mut guard = lock.acquire_owned();
                                inside.visit();
                                *guard += 1;
                            }
                            _ => {
                                let mut guard = lock.acquire_timeout(LONG).unwrap();
                                inside.visit();
                                *guard += 1;
                            }
                        }
                    }
                })
            })
            .collect();
        threadkit::join_all(threads).unwrap();
        assert_eq!(*lock.acquire(), 2000);
        assert!(!lock.is_locked());
    });
}

#[test]
fn each_way_to_release_releases() {
    bounded(|| {
        let lock = Arc::new(Lock::new((1, 2)));
        lock.acquire().release();
        assert!(!lock.is_locked());
        LockGuard::map(lock.acquire(), |pair| &mut pair.0).release();
        assert!(!lock.is_locked());
        lock.acquire_owned().release();
        assert!(!lock.is_locked());
        assert!(lock.try_acquire().is_some());
        assert!(lock.try_acquire_owned().is_some());
        assert!(lock.acquire_timeout(Duration::ZERO).is_ok());
        assert!(lock.acquire_timeout_owned(Duration::ZERO).is_ok());
        assert!(!lock.is_locked());
        lock.with(|_| assert!(lock.is_locked()));
        assert!(!lock.is_locked());
    });
}

/// Checks that all other forms fail while the lock is held.
fn refused_everywhere(lock: &Arc<Lock<(i32, i32)>>) {
    let other = Arc::clone(lock);
    bounded(move || {
        assert!(other.is_locked());
        assert!(other.try_acquire().is_none());
        assert!(other.try_acquire_owned().is_none());
        for timeout in [
            Duration::ZERO,
            Duration::from_nanos(1),
            Duration::from_micros(600),
        ] {
            assert_eq!(other.acquire_timeout(timeout).unwrap_err(), TimedOut);
            assert_eq!(other.acquire_timeout_owned(timeout).unwrap_err(), TimedOut);
        }
    });
}

#[test]
fn every_kind_of_guard_holds() {
    let lock = Arc::new(Lock::new((1, 2)));

    let guard = lock.acquire();
    refused_everywhere(&lock);
    let mapped = LockGuard::map(guard, |pair| &mut pair.1);
    refused_everywhere(&lock);
    let mapped = MappedLockGuard::map(mapped, |n| n);
    assert_eq!(*mapped, 2);
    refused_everywhere(&lock);
    drop(mapped);

    let owned = lock.acquire_owned();
    refused_everywhere(&lock);
    drop(owned);
    assert!(lock.try_acquire().is_some());
}

#[test]
fn try_map_gives_the_guard_back() {
    let lock = Lock::new(vec![1]);
    let guard = LockGuard::try_map(lock.acquire(), |v| v.get_mut(5)).unwrap_err();
    assert!(lock.is_locked());
    let mut first = LockGuard::try_map(guard, |v| v.get_mut(0)).unwrap();
    *first = 7;
    drop(first);
    assert_eq!(lock.into_inner(), [7]);
}

#[test]
fn a_panic_releases_and_does_not_poison() {
    let lock = Arc::new(Lock::new(vec![1]));
    let message = panic_of(|| {
        let mut guard = lock.acquire();
        guard.push(2);
        panic!("while held");
    });
    assert_eq!(message, "while held");
    panic_of(|| lock.with(|v| v[99] = 0));
    panic_of(|| drop(LockGuard::map(lock.acquire(), |v| &mut v[99])));
    panic_of(|| drop(LockGuard::try_map(lock.acquire(), |v| Some(&mut v[99]))));
    let nothing: fn(&mut i32) -> &mut i32 = |_| panic!("in a map of a map");
    panic_of(|| {
        let first = LockGuard::map(lock.acquire(), |v| &mut v[0]);
        drop(MappedLockGuard::map(first, nothing));
    });
    panic_of(|| {
        let _owned = lock.acquire_owned();
        panic!("with an owned guard");
    });
    assert!(!lock.is_locked());
    assert_eq!(*lock.acquire(), [1, 2], "what was done stays done");
}

#[test]
fn a_panic_on_a_thread_releases_for_the_others() {
    bounded(|| {
        let lock = Arc::new(Lock::new(0));
        let other = Arc::clone(&lock);
        let thread = threadkit::spawn(move || {
            let _held = other.acquire();
            panic!("with the lock");
        });
        assert_eq!(thread.join().unwrap_err().message(), "with the lock");
        assert_eq!(*lock.acquire(), 0);
    });
}

#[test]
fn a_forgotten_guard_keeps_the_lock_and_nothing_breaks() {
    bounded(|| {
        let lock = Arc::new(Lock::new(1));
        let other = Arc::clone(&lock);
        thread::spawn(move || mem::forget(other.acquire()))
            .join()
            .unwrap();
        assert!(lock.is_locked());
        assert!(lock.try_acquire().is_none());
        assert!(lock.acquire_timeout(Duration::from_millis(2)).is_err());
        assert!(format!("{lock:?}").contains("<locked>"));

        let drops = Drops::new();
        let owned = Arc::new(Lock::new(drops.value()));
        mem::forget(owned.acquire_owned());
        drop(owned);
        assert_eq!(drops.count(), 0, "the forgotten guard owns the lock");
    });
}

#[test]
fn an_owned_guard_outlives_every_other_owner() {
    let drops = Drops::new();
    let lock = Arc::new(Lock::new(Some(drops.value())));
    let weak = Arc::downgrade(&lock);
    let mut guard = lock.acquire_owned();
    drop(lock);
    assert!(guard.is_some());
    drop(guard.take());
    assert_eq!(drops.count(), 1);
    drop(guard);
    assert!(weak.upgrade().is_none());
}

#[test]
fn zero_is_one_try() {
    let lock = Lock::new(1);
    assert!(lock.acquire_timeout(Duration::ZERO).is_ok(), "it is free");
    let _held = lock.acquire();
    thread::scope(|s| {
        let waiter = s.spawn(|| lock.acquire_timeout(Duration::ZERO).is_err());
        assert!(waiter.join().unwrap());
    });
}

#[test]
fn a_timeout_waits_as_long_as_it_says() {
    let lock = Lock::new(());
    let _held = lock.acquire();
    thread::scope(|s| {
        for timeout in [Duration::from_micros(300), Duration::from_millis(10)] {
            let lock = &lock;
            s.spawn(move || {
                let before = Instant::now();
                assert!(lock.acquire_timeout(timeout).is_err());
                assert!(before.elapsed() >= timeout);
            });
        }
    });
}

#[test]
fn the_longest_timeouts_mean_for_ever() {
    let centuries = Duration::from_secs(u64::from(u32::MAX) * 100);
    for timeout in [Duration::MAX, Duration::from_secs(u64::MAX / 2), centuries] {
        bounded(move || {
            let lock = Arc::new(Lock::new(0));
            let guard = lock.acquire();
            let other = Arc::clone(&lock);
            let waiter = threadkit::spawn(move || other.acquire_timeout(timeout).map(|n| *n));
            assert!(!waiter.wait_timeout(MOMENT), "it waits");
            drop(guard);
            assert_eq!(waiter.join().unwrap(), Ok(0));
        });
    }
}

#[test]
fn timeouts_race_releases_and_nothing_is_lost() {
    bounded(|| {
        let lock = Arc::new(Lock::new(0_u64));
        let inside = Arc::new(Inside::new());
        let got = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..4_u64)
            .map(|n| {
                let (lock, inside, got) = (lock.clone(), inside.clone(), got.clone());
                threadkit::spawn(move || {
                    for round in 0..400_u64 {
                        // The timeouts around the time of the holds, and around the limit after which a waiter starves.
                        let timeout = Duration::from_micros((n * 251 + round * 37) % 900);
                        if let Ok(mut guard) = lock.acquire_timeout(timeout) {
                            inside.visit();
                            *guard += 1;
                            got.fetch_add(1, Ordering::Relaxed);
                            if round % 50 == 0 {
                                // Longer than some of the timeouts.
                                threadkit::sleep(Duration::from_micros(600));
                            }
                        }
                    }
                })
            })
            .collect();
        threadkit::join_all(threads).unwrap();
        assert_eq!(*lock.acquire(), got.load(Ordering::Relaxed) as u64);
        assert!(
            !lock.is_locked(),
            "no waiter that gave up has left it locked"
        );
    });
}

#[test]
fn a_waiter_is_woken_by_the_release() {
    bounded(|| {
        let lock = Arc::new(Lock::new(()));
        let guard = lock.acquire();
        let waiters: Vec<_> = (0..8)
            .map(|_| {
                let lock = Arc::clone(&lock);
                threadkit::spawn(move || drop(lock.acquire()))
            })
            .collect();
        for waiter in &waiters {
            until_waiting(waiter.thread());
        }
        drop(guard);
        threadkit::join_all(waiters).unwrap();
    });
}

#[test]
fn acquiring_twice_panics_with_both_places() {
    if !TRACKED {
        return;
    }
    let name = "acquires-twice";
    bounded(move || {
        let worker = threadkit::Thread::new(|| {
            let lock = Lock::named("accounts", 1);
            let held = lock.acquire();
            let first = line!() - 1;
            let message = panic_of(|| drop(lock.acquire()));
            assert!(message.contains("`acquires-twice`"), "{message}");
            assert!(message.contains("`accounts`"), "{message}");
            assert!(message.contains(&format!("lock.rs:{first}:")), "{message}");
            assert!(message.contains("use `RLock`"), "{message}");
            // Neither the refusal nor the unwinding releases the lock.
            assert!(lock.is_locked());
            drop(held);
            assert!(!lock.is_locked());
        })
        .name(name)
        .start();
        worker.join().unwrap();

        let twice = threadkit::spawn(|| {
            let lock = Lock::new(1);
            let _first = lock.acquire();
            let _second = lock.acquire();
        });
        let second = line!() - 2;
        let error = twice.join().unwrap_err();
        let place = error.place().expect("our hook is in place");
        assert!(place.file().ends_with("lock.rs"), "{place}");
        assert_eq!(place.line(), second, "the panic is at the second place");
    });
}

#[test]
fn every_waiting_form_refuses_to_wait_for_itself() {
    if !TRACKED {
        return;
    }
    bounded(|| {
        let lock = Arc::new(Lock::new(1));
        let _held = lock.acquire();
        for message in [
            panic_of(|| drop(lock.acquire())),
            panic_of(|| drop(lock.acquire_owned())),
            panic_of(|| lock.with(|_| ())),
            // `Duration::MAX` means no limit.
            panic_of(|| drop(lock.acquire_timeout(Duration::MAX))),
            panic_of(|| drop(lock.acquire_timeout_owned(Duration::MAX))),
        ] {
            assert!(message.contains("already holds"), "{message}");
        }
        // These end by themselves.
        assert!(lock.try_acquire().is_none());
        assert_eq!(
            lock.acquire_timeout(Duration::from_millis(1)).unwrap_err(),
            TimedOut
        );
    });
}

#[test]
fn reports_name_a_thread_that_threadkit_has_not_met() {
    if !TRACKED {
        return;
    }
    let error = thread::Builder::new()
        .name("stranger".to_owned())
        .spawn(|| {
            let lock = Lock::new(1);
            let _held = lock.acquire();
            panic_of(|| drop(lock.acquire()))
        })
        .unwrap();
    let message = error.join().unwrap();
    assert!(message.contains("`stranger`"), "{message}");
}

#[test]
fn a_lock_prints_its_value_and_never_blocks() {
    bounded(|| {
        let lock = Arc::new(Lock::named("ledger", vec![1, 2]));
        let free = format!("{lock:?}");
        assert!(free.starts_with("Lock { value: [1, 2]"), "{free}");
        assert!(!free.contains("held_by"), "{free}");
        assert!(!lock.is_locked());

        let other = Arc::clone(&lock);
        let (go, held) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (go2, held2) = (Arc::clone(&go), Arc::clone(&held));
        let holder = threadkit::Thread::new(move || {
            let _held = other.acquire();
            held2.wait();
            go2.wait();
        })
        .name("bookkeeper")
        .start();
        held.wait();
        let text = format!("{lock:?} {lock:#?}");
        go.wait();
        holder.join().unwrap();

        assert!(text.contains("<locked>"), "{text}");
        if TRACKED {
            assert!(text.contains("\"ledger\""), "{text}");
            assert!(text.contains("\"bookkeeper\""), "{text}");
            assert!(text.contains("lock.rs:"), "{text}");
        }
    });
}

#[test]
fn a_guard_prints_as_its_value() {
    let lock = Arc::new(Lock::new("text".to_owned()));
    assert_eq!(
        format!("{:?} {}", lock.acquire_owned(), "and"),
        "\"text\" and"
    );
    let guard = lock.acquire();
    assert_eq!(format!("{guard:?} {guard}"), "\"text\" text");
    let mapped = LockGuard::map(guard, |text| text.as_mut_str());
    assert_eq!(format!("{mapped:?} {mapped}"), "\"text\" text");
}

/// Holds the lock that it stands in, and prints it.
struct Mirror(Cell<Option<&'static Lock<Mirror>>>);

impl fmt::Debug for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get() {
            Some(lock) => lock.fmt(f),
            None => f.write_str("nothing"),
        }
    }
}

#[test]
fn a_lock_that_prints_itself_comes_to_an_end() {
    let lock: &'static Lock<Mirror> = Box::leak(Box::new(Lock::new(Mirror(Cell::new(None)))));
    lock.acquire().0.set(Some(lock));
    let text = format!("{lock:?}");
    assert!(text.contains("<locked>"), "{text}");
    assert!(!lock.is_locked());
}

#[test]
fn a_panic_in_debug_releases() {
    struct Grumpy;
    impl fmt::Debug for Grumpy {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("not in the mood");
        }
    }
    let lock = Lock::new(Grumpy);
    assert_eq!(panic_of(|| drop(format!("{lock:?}"))), "not in the mood");
    assert!(!lock.is_locked());
}

trait Speaks {
    fn speak(&mut self) -> String;
}

impl Speaks for u32 {
    fn speak(&mut self) -> String {
        *self += 1;
        self.to_string()
    }
}

#[test]
fn unsized_values() {
    let lock: Arc<Lock<dyn Speaks + Send>> = Arc::new(Lock::new(1_u32));
    assert_eq!(lock.acquire().speak(), "2");
    let other = Arc::clone(&lock);
    let mut owned = other.acquire_owned();
    assert_eq!(owned.speak(), "3");
    assert!(lock.try_acquire().is_none());
    drop(owned);

    let slice: Box<Lock<[u8]>> = Box::new(Lock::new([3, 1, 2]));
    slice.acquire().sort_unstable();
    assert_eq!(*slice.acquire(), [1, 2, 3]);
    assert!(format!("{slice:?}").contains("[1, 2, 3]"));
    let mut last = LockGuard::map(slice.acquire(), |all| &mut all[2]);
    *last = 9;
    drop(last);
    assert_eq!(slice.acquire()[2], 9);
}

#[test]
fn values_of_no_size_and_of_wide_alignment() {
    #[repr(align(4096))]
    struct Wide(u8);

    let locks: Vec<Lock<()>> = (0..8).map(|_| Lock::new(())).collect();
    let guards: Vec<_> = locks.iter().map(Lock::acquire).collect();
    assert!(
        locks.iter().all(Lock::is_locked),
        "each is a lock of its own"
    );
    drop(guards);

    let wide = Arc::new(Lock::new(Wide(1)));
    let mut guard = wide.acquire_owned();
    guard.0 += 1;
    assert_eq!(&raw const *guard as usize % 4096, 0);
    drop(guard);
    assert_eq!(wide.acquire().0, 2);
}

#[test]
fn the_value_is_dropped_once_and_with_the_lock() {
    let drops = Drops::new();
    let lock = Lock::new(drops.value());
    *lock.acquire() = drops.value();
    assert_eq!(drops.count(), 1);
    let inner = lock.into_inner();
    assert_eq!(drops.count(), 1);
    drop(inner);
    assert_eq!(drops.count(), 2);
    drop(Lock::new(drops.value()));
    assert_eq!(drops.count(), 3);
}

#[test]
fn a_lock_can_be_taken_while_unwinding() {
    /// Counts its drop under a lock, as clean-up code does.
    struct Tidy<'a>(&'a Lock<u32>);
    impl Drop for Tidy<'_> {
        fn drop(&mut self) {
            *self.0.acquire() += 1;
        }
    }
    let count = Lock::new(0);
    panic_of(|| {
        let _tidy = Tidy(&count);
        let other = Lock::new(());
        let _held = other.acquire();
        panic!("on the way out");
    });
    assert_eq!(count.into_inner(), 1);
}

#[test]
fn locks_work_while_thread_locals_are_destroyed() {
    static LAST_WORDS: Lock<u32> = Lock::new(0);
    static SEEN: AtomicBool = AtomicBool::new(false);
    fn late() {
        *LAST_WORDS.acquire() += 1;
        SEEN.store(
            format!("{LAST_WORDS:?}").contains("value: "),
            Ordering::Relaxed,
        );
    }
    bounded(|| {
        threadkit::spawn(|| at_thread_end(late)).join().unwrap();
        thread::spawn(|| at_thread_end(late)).join().unwrap();
        eventually("both have ended", || *LAST_WORDS.acquire() == 2);
        assert!(SEEN.load(Ordering::Relaxed));
    });
}

#[test]
fn a_guard_kept_in_a_thread_local_is_released_when_the_thread_ends() {
    thread_local!(static KEPT: Cell<Option<OwnedLockGuard<u32>>> = const { Cell::new(None) });
    bounded(|| {
        let lock = Arc::new(Lock::new(1));
        let other = Arc::clone(&lock);
        let keeper = threadkit::spawn(move || KEPT.set(Some(other.acquire_owned())));
        let mut guard = lock.acquire();
        *guard += 1;
        drop(guard);
        keeper.join().unwrap();
        assert_eq!(*lock.acquire(), 2);
    });
}

thread_local! {
    /// A guard that one task of a thread leaves for another one.
    static LENT: Cell<Option<OwnedLockGuard<u32>>> = const { Cell::new(None) };
}

#[test]
fn a_nested_task_drops_what_its_host_has_acquired() {
    bounded(|| {
        let lock = Arc::new(Lock::new(1));
        LENT.set(Some(lock.acquire_owned()));
        let other = Arc::clone(&lock);
        support::nested(move || {
            let mut guard = LENT.take().expect("it was lent by the host");
            *guard += 1;
            assert!(other.is_locked() && other.try_acquire().is_none());
            let late = other.acquire_timeout(Duration::from_micros(10));
            assert_eq!(late.err(), Some(TimedOut));
            drop(guard);
            assert_eq!(*other.acquire(), 2);
        });
        assert!(!lock.is_locked());
        let text = format!("{lock:?}");
        assert!(
            text.contains("value: 2") && !text.contains("held_by"),
            "{text}"
        );
        assert_eq!(*lock.acquire(), 2);
    });
}

#[test]
fn a_host_drops_what_a_nested_task_has_left() {
    bounded(|| {
        let lock = Arc::new(Lock::new(1));
        let other = Arc::clone(&lock);
        support::nested(move || LENT.set(Some(other.acquire_owned())));
        assert!(lock.is_locked());
        let late = lock.acquire_timeout(Duration::from_micros(10));
        assert_eq!(late.err(), Some(TimedOut));
        let other = Arc::clone(&lock);
        let waiter = threadkit::spawn(move || *other.acquire());
        drop(LENT.take());
        assert_eq!(waiter.join().unwrap(), 1);
        assert!(!lock.is_locked());
    });
}

#[test]
fn a_host_is_refused_what_a_nested_task_has_left() {
    if !TRACKED {
        return;
    }
    bounded(|| {
        let lock = Arc::new(Lock::named("left", 1));
        let (other, line) = (Arc::clone(&lock), line!() + 1);
        let leave = move || LENT.set(Some(other.acquire_owned()));
        support::nested(leave);
        let waits: [fn(&Arc<Lock<u32>>); 4] = [
            |lock| drop(lock.acquire()),
            |lock| drop(lock.acquire_owned()),
            |lock| drop(lock.acquire_timeout(Duration::MAX)),
            |lock| drop(lock_all((&**lock, &Lock::new(())))),
        ];
        for (n, wait) in waits.into_iter().enumerate() {
            let message = panic_of(|| wait(&lock));
            assert!(
                message.contains("has ended without releasing it"),
                "{n}: {message}"
            );
            assert!(message.contains("`left`"), "{n}: {message}");
            assert!(
                message.contains(&format!("lock.rs:{line}:")),
                "{n}: {message}"
            );
            // So is another task on this thread.
            let other = Arc::clone(&lock);
            let message = support::nested(move || panic_of(|| wait(&other)));
            assert!(
                message.contains("has ended without releasing it"),
                "{n}: {message}"
            );
        }
        // Another thread waits until the guard is dropped here.
        let other = Arc::clone(&lock);
        let waiter = threadkit::spawn(move || *other.acquire());
        assert!(!waiter.wait_timeout(MOMENT));
        drop(LENT.take());
        assert_eq!(waiter.join().unwrap(), 1);
        assert_eq!(*lock.acquire(), 1);
    });
}

#[test]
fn a_host_is_refused_what_a_nested_task_has_leaked() {
    if !TRACKED {
        return;
    }
    bounded(|| {
        let (lock, tree) = (Arc::new(Lock::new(1)), Arc::new(RLock::new(2)));
        let (other, branch) = (Arc::clone(&lock), Arc::clone(&tree));
        support::nested(move || {
            mem::forget(other.acquire());
            mem::forget(branch.acquire());
        });
        let messages = [
            panic_of(|| drop(lock.acquire())),
            panic_of(|| drop(tree.acquire())),
        ];
        for message in messages {
            assert!(
                message.contains("has ended without releasing it"),
                "{message}"
            );
        }
    });
}

#[test]
fn a_panic_of_a_nested_task_releases_what_it_was_lent() {
    bounded(|| {
        let lock = Arc::new(Lock::new(1));
        LENT.set(Some(lock.acquire_owned()));
        let message = support::nested(|| {
            panic_of(|| {
                let _guard = LENT.take();
                panic!("with the guard of the host");
            })
        });
        assert_eq!(message, "with the guard of the host");
        assert!(!lock.is_locked() && lock.try_acquire().is_some());
    });
}

#[test]
fn a_lock_passes_from_a_destructor_to_a_waiter() {
    bounded(|| {
        let lock = Arc::new(Lock::new(1));
        let held = lock.acquire();
        let (tell, told) = mpsc::channel();
        let waiter = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                support::in_destructor(move || {
                    tell.send(threadkit::current()).unwrap();
                    *lock.acquire() + 1
                })
            })
        };
        until_waiting(&told.recv_timeout(LONG).unwrap());
        drop(held);
        assert_eq!(waiter.join().unwrap(), 2);
        assert!(!lock.is_locked());
    });
}

#[test]
#[cfg(not(any(debug_assertions, feature = "explore")))]
fn a_lock_is_as_small_as_promised() {
    assert_eq!(mem::size_of::<Lock<u64>>(), 16);
    assert!(mem::size_of::<Lock>() <= 4);
    assert_eq!(
        mem::size_of::<LockGuard<'_, u64>>(),
        mem::size_of::<usize>()
    );
    assert_eq!(
        mem::size_of::<OwnedLockGuard<u64>>(),
        mem::size_of::<usize>()
    );
}
