//! `RLock` from the outside.

mod support;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use support::{
    Drops, Inside, LONG, MOMENT, TRACKED, at_thread_end, bounded, panic_of, until_waiting,
};
use threadkit::{
    Condition, MappedRLockGuard, OwnedRLockGuard, RLock, RLockGuard, ThreadPool, TimedOut,
    WhenFull, lock_all,
};

static DEPTH: RLock<Cell<u32>> = RLock::named("depth", Cell::new(0));

fn descend(levels: u32) {
    let depth = DEPTH.acquire();
    depth.set(depth.get() + 1);
    if levels > 1 {
        descend(levels - 1);
    }
    assert!(DEPTH.is_mine());
}

#[test]
fn recursion_goes_as_deep_as_the_stack() {
    bounded(|| {
        descend(1000);
        assert_eq!(DEPTH.acquire().get(), 1000);
        assert!(!DEPTH.is_locked());
        assert!(!DEPTH.is_mine());
    });
}

/// What a thread finds that does not hold the lock.
fn refused_elsewhere<T: Send + Sync + 'static>(lock: &Arc<RLock<T>>) {
    let other = Arc::clone(lock);
    bounded(move || {
        assert!(other.is_locked());
        assert!(!other.is_mine());
        assert!(other.try_acquire().is_none());
        assert!(other.try_acquire_owned().is_none());
        assert!(matches!(
            other.acquire_timeout(Duration::ZERO),
            Err(TimedOut)
        ));
        assert!(matches!(
            other.acquire_timeout_owned(Duration::from_micros(700)),
            Err(TimedOut)
        ));
    });
}

#[test]
fn the_lock_is_free_when_the_last_level_is_left_in_any_order() {
    let lock = Arc::new(RLock::new(7));
    let first = lock.acquire();
    let second = lock.try_acquire().expect("it is mine");
    let third = lock.acquire_timeout(Duration::ZERO).expect("it is mine");
    let fourth = lock.acquire_owned();
    let fifth = RLockGuard::map(lock.acquire(), |n| n);
    let sixth = lock.try_acquire_owned().expect("it is mine");
    let seventh = lock
        .acquire_timeout_owned(Duration::ZERO)
        .expect("it is mine");
    assert!(lock.is_mine());
    drop(first);
    drop(sixth);
    refused_elsewhere(&lock);
    drop(seventh);
    refused_elsewhere(&lock);
    fourth.release();
    refused_elsewhere(&lock);
    drop(second);
    third.release();
    refused_elsewhere(&lock);
    let fifth = MappedRLockGuard::map(fifth, |n| n);
    refused_elsewhere(&lock);
    assert_eq!(*fifth, 7);
    fifth.release();
    assert!(!lock.is_locked() && !lock.is_mine());
    bounded(move || {
        assert!(lock.try_acquire().is_some());
        assert!(lock.try_acquire_owned().is_some());
        assert!(lock.acquire_timeout(Duration::ZERO).is_ok());
        assert!(lock.acquire_timeout_owned(Duration::ZERO).is_ok());
    });
}

#[test]
fn one_thread_at_a_time() {
    bounded(|| {
        let lock = Arc::new(RLock::new(Cell::new(0_u32)));
        let inside = Arc::new(Inside::new());
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (lock, inside) = (Arc::clone(&lock), Arc::clone(&inside));
                threadkit::spawn(move || {
                    for round in 0..500 {
                        let outer = lock.acquire();
                        inside.visit();
                        if round % 3 == 0 {
                            let inner = lock.acquire_owned();
                            inner.set(inner.get() + 1);
                            drop(outer);
                            inside.visit();
                        } else {
                            lock.with(|n| n.set(n.get() + 1));
                        }
                    }
                })
            })
            .collect();
        threadkit::join_all(threads).unwrap();
        assert_eq!(lock.acquire().get(), 2000);
    });
}

#[test]
fn try_map_gives_the_level_back() {
    let lock = Arc::new(RLock::new(vec![1]));
    let guard = RLockGuard::try_map(lock.acquire(), |v| v.get(5)).unwrap_err();
    refused_elsewhere(&lock);
    let first = RLockGuard::try_map(guard, |v| v.first()).unwrap();
    refused_elsewhere(&lock);
    assert_eq!(*first, 1);
    drop(first);
    assert!(!lock.is_locked());
}

#[test]
fn a_map_may_lead_out_of_the_value() {
    // A mapped guard may give `'static` data; the lock stays held all the same.
    static ELSEWHERE: u32 = 9;
    let lock = Arc::new(RLock::new(1_u32));
    let mapped = RLockGuard::map(lock.acquire(), |_| &ELSEWHERE);
    refused_elsewhere(&lock);
    assert_eq!(*mapped, 9);
}

#[test]
fn a_panic_leaves_the_levels_that_it_passes() {
    let lock = Arc::new(RLock::new(1));
    let outer = lock.acquire();
    panic_of(|| {
        let _inner = lock.acquire();
        let _innermost = lock.acquire_owned();
        panic!("two levels down");
    });
    panic_of(|| lock.with(|_| panic!("in a closure")));
    panic_of(|| {
        drop(RLockGuard::map(lock.acquire(), |_| -> &i32 {
            panic!("in a map")
        }))
    });
    panic_of(|| {
        let _ = RLockGuard::try_map(lock.acquire(), |_| -> Option<&i32> { panic!("in a map") });
    });
    refused_elsewhere(&lock);
    drop(outer);
    assert!(!lock.is_locked());
}

#[test]
fn a_forgotten_level_keeps_the_lock_and_its_owner_can_go_on() {
    bounded(|| {
        let lock = Arc::new(RLock::new(1));
        let other = Arc::clone(&lock);
        threadkit::spawn(move || {
            mem::forget(other.acquire());
            assert!(other.try_acquire().is_some());
            assert!(other.is_mine());
        })
        .join()
        .unwrap();
        // The owner has ended, and no other task will ever have its id.
        for _ in 0..20 {
            refused_elsewhere(&lock);
        }
        assert!(format!("{lock:?}").contains("<locked>"));
    });
}

thread_local! {
    static LEFT: RefCell<Option<OwnedRLockGuard<Cell<u32>>>> = const { RefCell::new(None) };
}

#[test]
fn a_guard_holds_the_lock_for_its_task_when_that_has_ended() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let inner_pool = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let lock = Arc::new(RLock::new(Cell::new(1)));
            let its = Arc::clone(&lock);
            let inner = inner_pool.submit(move || {
                let guard = its.acquire_owned();
                drop(its.acquire());
                LEFT.set(Some(guard));
            });
            // It runs on this thread, because there is no other one, and is another task all the same.
            inner.join().unwrap();
            let mut guard = LEFT.take().expect("it was left on this thread");
            assert!(lock.is_locked() && !lock.is_mine() && lock.try_acquire().is_none());
            let other = Arc::clone(&lock);
            let adds = threadkit::spawn(move || other.with(|n| n.set(n.get() + 1)));
            let changed = Condition::new();
            while guard.get() == 1 {
                let limit = Duration::from_micros(300);
                let _ = changed.wait_timeout(&mut guard.outermost(), limit);
            }
            adds.join().unwrap();
            assert!(!lock.is_mine() && lock.try_acquire().is_none(), "as before");
            drop(guard);
            assert!(!lock.is_locked() && lock.try_acquire().is_some());
        });
        outer.join().unwrap();
    });
}

#[test]
fn a_thread_knows_each_of_the_locks_that_it_holds() {
    bounded(|| {
        let locks: [RLock<u32>; 3] = [RLock::new(0), RLock::new(1), RLock::new(2)];
        // The count is right after any acquisitions and releases, in whichever order.
        for [first, second, third] in [[0, 1, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let [a, b, c] = [&locks[first], &locks[second], &locks[third]];
            let held = [a.acquire(), b.acquire()];
            let [of_a, of_b] = held;
            drop(c.acquire());
            drop(of_a);
            assert!(b.is_mine() && !a.is_mine());
            let (again, of_c) = (b.acquire(), c.acquire());
            drop(of_b);
            assert!(b.is_mine() && b.acquire_timeout(MOMENT).is_ok());
            drop(of_c);
            drop(again);
            assert!(!b.is_mine() && !b.is_locked());
        }
        // A guard that is forgotten counts; an acquisition that fails or unwinds does not.
        mem::forget(locks[0].acquire());
        panic_of(|| {
            let _inside = locks[1].acquire();
            panic!("with two held");
        });
        thread::scope(|scope| {
            let held = locks[2].acquire();
            let elsewhere = scope.spawn(|| locks[2].try_acquire().is_none());
            assert!(elsewhere.join().unwrap());
            drop(held);
        });
        drop((locks[0].acquire(), locks[1].acquire()));
        assert!(locks[0].is_mine() && !locks[1].is_mine());
    });
}

#[test]
fn mutable_access_needs_no_level() {
    let mut lock = RLock::new(1);
    *lock.get_mut() += 1;
    assert!(RLock::same(&lock, &lock) && !RLock::same(&lock, &RLock::new(2)));
    assert_eq!(lock.into_inner(), 2);
    assert_eq!(*RLock::<u8>::default().acquire(), 0);
    assert_eq!(*RLock::from('x').acquire(), 'x');
}

#[test]
fn values_are_dropped_once() {
    let drops = Drops::new();
    let lock = Arc::new(RLock::new(drops.value()));
    let weak = Arc::downgrade(&lock);
    let guards = [lock.acquire_owned(), lock.acquire_owned()];
    drop(lock);
    assert_eq!(drops.count(), 0);
    drop(guards);
    assert_eq!(drops.count(), 1);
    assert!(weak.upgrade().is_none());
}

#[test]
fn timeouts_race_releases_and_nothing_is_lost() {
    bounded(|| {
        let lock = Arc::new(RLock::new(Cell::new(0_usize)));
        let got = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..4_u64)
            .map(|n| {
                let (lock, got) = (Arc::clone(&lock), Arc::clone(&got));
                threadkit::spawn(move || {
                    for round in 0..300_u64 {
                        let timeout = Duration::from_micros((n * 251 + round * 37) % 900);
                        if let Ok(outer) = lock.acquire_timeout(timeout) {
                            let inner = lock.acquire_timeout(Duration::ZERO).unwrap();
                            inner.set(inner.get() + 1);
                            got.fetch_add(1, Ordering::Relaxed);
                            drop(outer);
                        }
                    }
                })
            })
            .collect();
        threadkit::join_all(threads).unwrap();
        assert_eq!(lock.acquire().get(), got.load(Ordering::Relaxed));
        assert!(!lock.is_locked());
    });
}

#[test]
fn for_ever_is_for_ever() {
    bounded(|| {
        let lock = Arc::new(RLock::new(5));
        let guard = lock.acquire();
        assert!(lock.acquire_timeout(Duration::MAX).is_ok(), "it is mine");
        let other = Arc::clone(&lock);
        let waiter =
            threadkit::spawn(move || other.acquire_timeout(Duration::MAX).map(|guard| *guard));
        assert!(!waiter.wait_timeout(MOMENT));
        drop(guard);
        assert!(waiter.wait_timeout(LONG));
        assert_eq!(waiter.join().unwrap(), Ok(5));
    });
}

#[test]
fn it_prints_its_value_and_never_blocks() {
    bounded(|| {
        let lock = Arc::new(RLock::named("tree", RefCell::new(3)));
        assert!(format!("{lock:?}").contains("value: 3"));
        {
            // The holder sees the value.
            let _mine = lock.acquire();
            assert!(format!("{lock:?}").contains("value: 3"));
        }
        let other = Arc::clone(&lock);
        let (held, go) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (held2, go2) = (Arc::clone(&held), Arc::clone(&go));
        let holder = threadkit::Thread::new(move || {
            let _outer = other.acquire();
            let _inner = other.acquire();
            held2.wait();
            go2.wait();
        })
        .name("gardener")
        .start();
        held.wait();
        let text = format!("{lock:?}");
        go.wait();
        holder.join().unwrap();
        assert!(text.contains("<locked>"), "{text}");
        if TRACKED {
            assert!(text.contains("\"tree\""), "{text}");
            assert!(text.contains("\"gardener\""), "{text}");
        }
    });
}

/// The message of the panic of a task that runs nested on this thread, within the current task.
fn panic_of_nested(work: fn(&Arc<RLock<u32>>), lock: &Arc<RLock<u32>>) -> String {
    let lock = Arc::clone(lock);
    support::nested(move || panic_of(|| work(&lock)))
}

#[test]
fn a_nested_task_is_refused_what_its_host_holds() {
    bounded(|| {
        let lock = Arc::new(RLock::new(7));
        let host = lock.acquire();
        let waits: [fn(&Arc<RLock<u32>>); 6] = [
            |lock| drop(lock.acquire()),
            |lock| drop(lock.acquire_owned()),
            |lock| lock.with(|_| ()),
            |lock| drop(lock.acquire_timeout(Duration::MAX)),
            |lock| drop(lock.acquire_timeout_owned(Duration::MAX)),
            |lock| drop(lock_all((&RLock::new(()), &**lock))),
        ];
        for (n, wait) in waits.into_iter().enumerate() {
            let message = panic_of_nested(wait, &lock);
            assert!(
                message.contains("release the lock before"),
                "{n}: {message}"
            );
        }
        // The forms that do not wait for ever return an answer.
        let other = Arc::clone(&lock);
        support::nested(move || {
            assert!(other.is_locked() && !other.is_mine());
            assert!(other.try_acquire().is_none());
            let late = other.acquire_timeout(Duration::from_micros(10));
            assert_eq!(late.err(), Some(TimedOut));
        });
        drop(host);
        assert!(!lock.is_locked(), "a refused task leaves no level behind");
        let other = Arc::clone(&lock);
        support::nested(move || assert_eq!(*other.acquire(), 7));
    });
}

#[test]
fn the_place_of_a_refused_acquisition_is_that_of_the_caller() {
    bounded(|| {
        let lock = Arc::new(RLock::new(7));
        let host = lock.acquire();
        let pool = ThreadPool::builder(1)
            .backlog(1, WhenFull::RunInCaller)
            .build();
        let busy = support::occupy(&pool);
        let _backlog = pool.submit(|| ());
        let other = Arc::clone(&lock);
        let (task, line) = (pool.submit(move || drop(other.acquire())), line!());
        busy.stop();
        let error = task.join().expect_err("it is refused").to_string();
        assert!(error.contains(&format!("rlock.rs:{line}:")), "{error}");
        drop(host);
    });
}

#[test]
fn a_task_that_is_nested_twice_is_refused_what_the_outermost_holds() {
    bounded(|| {
        let lock = Arc::new(RLock::new(7));
        let host = lock.acquire();
        let other = Arc::clone(&lock);
        let message =
            support::nested(move || support::nested(move || panic_of(|| drop(other.acquire()))));
        assert!(message.contains("release the lock before"), "{message}");
        drop(host);
    });
}

#[test]
fn a_nested_task_waits_for_what_another_thread_holds() {
    bounded(|| {
        let lock = Arc::new(RLock::new(7));
        let held = Arc::new(Barrier::new(2));
        let (tell, told) = mpsc::channel();
        let holder = {
            let (lock, held) = (Arc::clone(&lock), Arc::clone(&held));
            threadkit::spawn(move || {
                let _level = lock.acquire();
                held.wait();
                until_waiting(&told.recv_timeout(LONG).unwrap());
            })
        };
        held.wait();
        support::nested(move || {
            tell.send(threadkit::current()).unwrap();
            assert_eq!(*lock.acquire(), 7);
        });
        holder.join().unwrap();
    });
}

/// Holds the lock that it stands in, and prints it.
struct Mirror(Cell<Option<&'static RLock<Mirror>>>);

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
    let lock: &'static RLock<Mirror> = Box::leak(Box::new(RLock::new(Mirror(Cell::new(None)))));
    let held = lock.acquire();
    held.0.set(Some(lock));
    for _ in 0..2 {
        let text = format!("{lock:?}");
        assert_eq!(text.matches("RLock {").count(), 2, "{text}");
        assert!(text.contains("<itself>"), "{text}");
    }
    drop(held);
    assert!(!lock.is_locked());
}

#[test]
fn guards_print_as_their_values() {
    let lock = Arc::new(RLock::new("text".to_owned()));
    let (guard, owned) = (lock.acquire(), lock.acquire_owned());
    assert_eq!(
        format!("{guard:?} {guard} {owned:?} {owned}"),
        "\"text\" text \"text\" text"
    );
    let mapped = RLockGuard::map(guard, |text| text.as_str());
    assert_eq!(format!("{mapped:?} {mapped}"), "\"text\" text");
}

#[test]
fn unsized_values_and_odd_sizes() {
    let shown: Arc<RLock<dyn fmt::Display + Send>> = Arc::new(RLock::new(5));
    assert_eq!(shown.acquire().to_string(), "5");
    assert_eq!(shown.acquire_owned().to_string(), "5");
    let slice: Box<RLock<[u8]>> = Box::new(RLock::new([1, 2, 3]));
    assert_eq!(*RLockGuard::map(slice.acquire(), |all| &all[1..]), [2, 3]);

    #[repr(align(4096))]
    struct Wide(u8);
    let wide = RLock::new(Wide(3));
    assert_eq!((&raw const *wide.acquire()).addr() % 4096, 0);
    assert_eq!(wide.acquire().0, 3);
}

#[test]
fn it_excludes_while_thread_locals_are_destroyed() {
    static LATE_LOCK: RLock<Cell<u32>> = RLock::new(Cell::new(0));
    fn late() {
        let outer = LATE_LOCK.acquire();
        let inner = LATE_LOCK.acquire();
        assert!(LATE_LOCK.is_mine());
        inner.set(outer.get() + 1);
    }
    bounded(|| {
        threadkit::spawn(|| at_thread_end(late)).join().unwrap();
        thread::spawn(|| at_thread_end(late)).join().unwrap();
        support::eventually("both have counted", || LATE_LOCK.acquire().get() == 2);
        assert!(!LATE_LOCK.is_locked());
    });
}

#[test]
#[cfg(not(any(debug_assertions, feature = "explore")))]
fn it_is_as_small_as_promised() {
    assert_eq!(mem::size_of::<RLock<u64>>(), 24);
    assert!(mem::size_of::<RLock<u64>>() <= mem::size_of::<parking_lot::ReentrantMutex<u64>>());
}

#[test]
fn the_depth_is_that_of_the_thread_that_asks() {
    let (lock, changed) = (RLock::new(()), Condition::new());
    assert_eq!(lock.depth(), 0);
    let mut outer = lock.acquire();
    let inner = lock.acquire();
    assert_eq!(lock.depth(), 2);
    thread::scope(|s| {
        let other = s.spawn(|| (lock.depth(), lock.is_locked()));
        assert_eq!(other.join().unwrap(), (0, true));
    });
    assert!(!changed.wait_timeout(&mut outer, Duration::from_millis(1)));
    assert_eq!(lock.depth(), 2, "a wait restores all levels");
    drop(inner);
    assert_eq!(lock.depth(), 1);
    drop(outer);
    assert_eq!(lock.depth(), 0);
}
