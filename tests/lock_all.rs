//! `lock_all` from the outside.

mod support;

use std::cell::Cell;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use support::{MOMENT, TRACKED, bounded, panic_of, until_waiting};
use threadkit::{Lock, LockGuard, Lockable, RLock, lock_all, synchronized};

#[test]
fn opposite_orders_never_deadlock() {
    static A: Lock<u64> = Lock::new(0);
    static B: Lock<u64> = Lock::new(0);
    static C: Lock<u64> = Lock::new(0);
    const ROUNDS: u64 = 2000;
    bounded(|| {
        let orders: [fn(); 4] = [
            || lock_all((&A, &B, &C)).into_sum(),
            || lock_all((&C, &B, &A)).into_sum(),
            || lock_all((&B, &C, &A)).into_sum(),
            || lock_all(&[&C, &A, &B][..]).into_sum(),
        ];
        let threads: Vec<_> = orders
            .map(|order| threadkit::spawn(move || (0..ROUNDS).for_each(|_| order())))
            .into();
        threadkit::join_all(threads).unwrap();
        assert_eq!([&A, &B, &C].map(|lock| *lock.acquire()), [4 * ROUNDS; 3]);
        assert!([&A, &B, &C].iter().all(|lock| !lock.is_locked()));
    });
}

/// Adds one to each, whatever the shape of the guards.
trait IntoSum {
    fn into_sum(self);
}

impl<'a> IntoSum
    for (
        threadkit::LockGuard<'a, u64>,
        threadkit::LockGuard<'a, u64>,
        threadkit::LockGuard<'a, u64>,
    )
{
    fn into_sum(mut self) {
        *self.0 += 1;
        *self.1 += 1;
        *self.2 += 1;
    }
}

impl<'a> IntoSum for Vec<threadkit::LockGuard<'a, u64>> {
    fn into_sum(mut self) {
        self.iter_mut().for_each(|guard| **guard += 1);
    }
}

#[test]
fn guards_come_in_the_order_of_the_locks() {
    let locks: Vec<_> = (0..6).map(Lock::new).collect();
    let guards = lock_all(&locks[..]);
    assert_eq!(
        guards.iter().map(|guard| **guard).collect::<Vec<_>>(),
        [0, 1, 2, 3, 4, 5]
    );
    drop(guards);
    assert!(locks.iter().all(|lock| !lock.is_locked()));

    let [a, b, c, d, e, f] = &locks[..] else {
        unreachable!()
    };
    let (g, h) = (Lock::new("g"), RLock::new("h"));
    let all = lock_all((a, b, c, d, e, f, &g, &h));
    assert_eq!((*all.0, *all.5, *all.6, *all.7), (0, 5, "g", "h"));
}

#[test]
fn order_is_kept_however_long_the_way_there() {
    // The waiter has to move from lock to lock of the slice: while it tries, each lock is held by turns.
    bounded(|| {
        let locks: Arc<Vec<Lock<usize>>> = Arc::new((0..5).map(Lock::new).collect());
        let blockers: Vec<_> = (0..5)
            .map(|at| {
                let locks = Arc::clone(&locks);
                threadkit::spawn(move || {
                    for _ in 0..200 {
                        let guard = locks[at].acquire();
                        thread::yield_now();
                        drop(guard);
                    }
                })
            })
            .collect();
        for _ in 0..200 {
            let guards = lock_all(&locks[..]);
            assert!(guards.iter().enumerate().all(|(at, guard)| **guard == at));
        }
        threadkit::join_all(blockers).unwrap();
    });
}

#[test]
fn none_and_one() {
    let none: &[Lock<u8>] = &[];
    assert!(lock_all(none).is_empty());
    let one = [Lock::new(1)];
    assert_eq!(*lock_all(&one[..])[0], 1);
    assert!(!one[0].is_locked());
}

#[test]
fn it_waits_for_one_while_it_holds_none() {
    bounded(|| {
        let locks = Arc::new((Lock::new(1), Lock::new(2)));
        let held = locks.1.acquire();
        let other = Arc::clone(&locks);
        let both = threadkit::spawn(move || {
            let guards = lock_all((&other.0, &other.1));
            *guards.0 + *guards.1
        });
        assert!(!both.wait_timeout(MOMENT));
        // It sleeps for the second lock, while the first one is free.
        drop(locks.0.acquire());
        drop(held);
        assert_eq!(both.join().unwrap(), 3);
    });
}

#[test]
fn the_same_lock_twice_is_refused_before_any_is_taken() {
    let (a, b) = (Lock::named("till", 1), Lock::new(2));
    let line = line!() + 1;
    let message = panic_of(|| drop(lock_all((&a, &b, &a))));
    assert!(
        message.contains("`lock_all`: number 1 and number 3 are the same lock"),
        "{message}"
    );
    if TRACKED {
        assert!(message.contains("`till`"), "{message}");
    }
    assert!(!a.is_locked() && !b.is_locked());

    // The place is the caller's.
    let place = bounded(move || {
        threadkit::spawn(|| {
            let lock = Lock::new(1);
            drop(lock_all((&lock, &lock)));
        })
        .join()
        .unwrap_err()
        .place()
        .cloned()
    });
    let place = place.expect("our hook is in place");
    assert!(
        place.file().ends_with("lock_all.rs") && place.line() > line,
        "{place}"
    );

    let slice = [&b, &a, &b];
    let message = panic_of(|| drop(lock_all(&slice[..])));
    assert!(message.contains("number 1 and number 3"), "{message}");
    let mutex = std::sync::Mutex::new(1);
    let message = panic_of(|| drop(lock_all((&mutex, &&mutex))));
    assert!(message.contains("number 1 and number 2"), "{message}");
}

#[test]
fn an_rlock_twice_is_refused_too_but_may_be_held_already() {
    let (lock, other) = (RLock::new(Cell::new(1)), Lock::new(1));
    assert!(panic_of(|| drop(lock_all((&lock, &lock)))).contains("same lock"));
    let held = lock.acquire();
    {
        let (again, _other) = lock_all((&lock, &other));
        again.set(2);
    }
    assert_eq!(held.get(), 2);
    assert!(lock.is_mine() && !other.is_locked());
}

#[test]
fn neighbours_and_locks_inside_locks_are_different_locks() {
    let many: Vec<Lock<()>> = (0..20).map(|_| Lock::new(())).collect();
    assert_eq!(lock_all(&many[..]).len(), 20);

    let nested = Lock::new(Lock::new(1));
    let inner_place = nested.acquire();
    drop(inner_place);
    let outer = RLock::new(RLock::new(1));
    let guard = outer.acquire();
    let inner: &RLock<i32> = &guard;
    let (_outer, _inner) = lock_all((&outer, inner));
}

#[test]
fn debug_builds_report_a_lock_that_is_held_already() {
    if !TRACKED {
        return;
    }
    bounded(|| {
        let (a, b) = (Lock::new(1), Lock::new(2));
        let _held = b.acquire();
        let message = panic_of(|| drop(lock_all((&a, &b))));
        assert!(message.contains("already holds"), "{message}");
        assert!(!a.is_locked(), "what it took on the way is free again");
    });
}

/// If all locks were of one kind, this would not show whether the others are tried or waited for.
#[test]
fn two_locks_of_any_house_are_acquired() {
    bounded(|| {
        let std = [1, 2].map(std::sync::Mutex::new);
        let parking = [3, 4].map(parking_lot::Mutex::new);
        let fair = [5, 6].map(parking_lot::FairMutex::new);
        let reentrant = [7, 8].map(parking_lot::ReentrantMutex::new);
        let own = [9, 10].map(Lock::new);
        let ours = [11, 12].map(RLock::new);
        let (a, b) = lock_all((&std[0], &std[1]));
        let (c, d) = lock_all((&parking[0], &parking[1]));
        let (e, f) = lock_all((&fair[0], &fair[1]));
        let (g, h) = lock_all((&reentrant[0], &reentrant[1]));
        let (i, j) = lock_all((&own[0], &own[1]));
        let (k, l) = lock_all((&ours[0], &ours[1]));
        let sum = *a + *b + *c + *d + *e + *f + *g + *h + *i + *j + *k + *l;
        assert_eq!(sum, 78);
    });
}

#[test]
fn locks_of_all_houses_mix() {
    const ROUNDS: u32 = 300;
    bounded(|| {
        let all = Arc::new((
            std::sync::Mutex::new(0),
            parking_lot::Mutex::new(0),
            Lock::new(0),
            parking_lot::ReentrantMutex::new(Cell::new(0)),
            parking_lot::FairMutex::new(0),
            RLock::new(Cell::new(0)),
        ));
        let (first, second) = (Arc::clone(&all), Arc::clone(&all));
        let threads = vec![
            threadkit::spawn(move || {
                for _ in 0..ROUNDS {
                    let (s, p, l, r, f, k) = &*first;
                    let (mut s, mut p, mut l, r, mut f, k) = lock_all((s, p, l, r, f, k));
                    (*s, *p, *l, *f) = (*s + 1, *p + 1, *l + 1, *f + 1);
                    r.set(r.get() + 1);
                    k.set(k.get() + 1);
                }
            }),
            threadkit::spawn(move || {
                for _ in 0..ROUNDS {
                    let (s, p, l, r, f, k) = &*second;
                    let (k, mut f, r, mut l, mut p, mut s) = lock_all((k, f, r, l, p, s));
                    (*s, *p, *l, *f) = (*s + 1, *p + 1, *l + 1, *f + 1);
                    r.set(r.get() + 1);
                    k.set(k.get() + 1);
                }
            }),
        ];
        threadkit::join_all(threads).unwrap();
        let (s, p, l, r, f, k) = &*all;
        let counts = (
            *s.lock().unwrap(),
            *p.lock(),
            *l.acquire(),
            r.lock().get(),
            *f.lock(),
        );
        assert_eq!(counts, (600, 600, 600, 600, 600));
        assert_eq!(k.acquire().get(), 2 * ROUNDS);
    });
}

#[test]
fn the_poison_of_std_is_ignored() {
    let mutex = Arc::new(std::sync::Mutex::new(1));
    let other = Arc::clone(&mutex);
    let _ = thread::spawn(move || {
        let _held = other.lock();
        panic!("poison it");
    })
    .join();
    assert!(mutex.is_poisoned());
    let lock = Lock::new(1);
    let (a, b) = lock_all((&*mutex, &lock));
    assert_eq!(*a + *b, 2);
}

#[test]
fn a_panic_on_the_way_releases_all_locks() {
    /// The first attempt to acquire it fails, and the next one panics.
    struct Trap(Lock<()>);
    impl Lockable for Trap {
        type Guard<'a> = threadkit::LockGuard<'a, ()>;
        type __Ref<'l> = &'l Self;
        fn __acquire(&self) -> Self::Guard<'_> {
            panic!("trapped")
        }
        fn __try_acquire(&self) -> Option<Self::Guard<'_>> {
            assert!(self.0.is_locked(), "trapped");
            None
        }
    }
    let (a, b, trap) = (Lock::new(1), Lock::new(2), Trap(Lock::new(())));
    assert_eq!(panic_of(|| drop(lock_all((&a, &b, &trap)))), "trapped");
    assert_eq!(panic_of(|| drop(lock_all((&trap, &a, &b)))), "trapped");
    assert!(!a.is_locked() && !b.is_locked());
}

#[test]
fn a_panic_under_all_locks_releases_them() {
    let (a, b) = (Lock::new(1), RLock::new(2));
    panic_of(|| {
        let _both = lock_all((&a, &b));
        panic!("under both");
    });
    assert!(!a.is_locked() && !b.is_locked());
}

#[test]
fn a_lock_held_by_another_thread_is_waited_for() {
    bounded(|| {
        let locks: Arc<[Lock<u32>; 3]> = Arc::new([0, 1, 2].map(Lock::new));
        let ready = Arc::new(Barrier::new(2));
        for at in 0..3 {
            let (other, ready2) = (Arc::clone(&locks), Arc::clone(&ready));
            let waiter = threadkit::current();
            let holder = threadkit::spawn(move || {
                let _held = other[at].acquire();
                ready2.wait();
                until_waiting(&waiter);
            });
            ready.wait();
            assert_eq!(lock_all(&locks[..]).len(), 3);
            holder.join().unwrap();
        }
    });
}

#[test]
fn one_lock_by_several_kinds_of_pointer_is_one_lock() {
    let shared = Arc::new(Lock::new(1));
    let (boxed, other) = (Box::new(&*shared), Arc::clone(&shared));
    for twins in [
        panic_of(|| drop(lock_all((&shared, &other)))),
        panic_of(|| drop(lock_all((&*shared, &boxed)))),
        panic_of(|| drop(lock_all((&&shared, &*other)))),
        panic_of(|| drop(lock_all(&[&*shared, *boxed][..]))),
    ] {
        assert!(
            twins.contains("`lock_all`: number 1 and number 2 are the same lock"),
            "{twins}"
        );
    }
    assert!(!shared.is_locked());
}

#[test]
fn a_lock_that_a_mapped_guard_holds_is_not_acquired_again() {
    #[synchronized(pair = PAIR, count = COUNT, timeout = Duration::from_millis(1), else = false)]
    fn both() -> bool {
        *count += 1;
        pair.1 > 0
    }
    static PAIR: Lock<(u32, u32)> = Lock::new((1, 2));
    static COUNT: Lock<u32> = Lock::new(0);
    bounded(|| {
        let part = LockGuard::map(PAIR.acquire(), |pair| &mut pair.1);
        assert!(!both(), "the time is up");
        assert!(!COUNT.is_locked());
        drop(part);
        assert!(both());
        assert_eq!(*COUNT.acquire(), 1);
    });
}

#[test]
fn a_refusal_in_a_nested_task_releases_the_locks_that_it_has() {
    bounded(|| {
        let (reentrant, plain) = (Arc::new(RLock::new(1)), Arc::new(Lock::new(2)));
        let host = reentrant.acquire();
        let (other, free) = (Arc::clone(&reentrant), Arc::clone(&plain));
        let message = support::nested(move || panic_of(|| drop(lock_all((&free, &other)))));
        assert!(message.contains("release the lock before"), "{message}");
        assert!(!plain.is_locked());
        drop(host);
        assert!(!reentrant.is_locked());
        let (other, free) = (Arc::clone(&reentrant), Arc::clone(&plain));
        support::in_destructor(move || {
            let (reentrant, plain) = lock_all((&other, &free));
            assert_eq!(*reentrant + *plain, 3);
        });
        assert!(!reentrant.is_locked() && !plain.is_locked());
    });
}
