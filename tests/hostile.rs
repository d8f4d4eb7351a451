//! What safe code can do to the primitives, and they endure: forgotten permits, panics wherever code
//! of the user runs, waits where a thread ends, recursion, and the largest numbers there are.

mod support;

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{Bomb, Drops, bounded, eventually, panic_of};
use threadkit::{
    Barrier, BrokenBy, Condition, Event, Latch, Lazy, Lock, Once, RLock, Registration, RwLock,
    Semaphore, StopSource, StopToken, TimedOut, WaitError, spawn,
};

const SHORT: Duration = Duration::from_millis(2);

/// One of each, and what ends every wait at them.
#[derive(Default)]
struct All {
    lock: Lock<u32>,
    rlock: RLock<u32>,
    rwlock: RwLock<u32>,
    changed: Condition,
    semaphore: Semaphore,
    event: Event,
    once: Once<u32>,
    source: StopSource,
}

impl All {
    /// Uses everything: what is free, and waits that end by their limit.
    fn use_all(&self) {
        *self.lock.acquire() += 1;
        drop((self.rlock.acquire(), self.rlock.acquire()));
        *self.rwlock.write() += 1;
        assert_eq!(*self.rwlock.read(), *self.rwlock.upgradable());
        let mut guard = self.lock.acquire();
        assert!(!self.changed.wait_timeout(&mut guard, SHORT));
        drop(guard);
        let permit = self.semaphore.acquire();
        assert!(self.semaphore.acquire_timeout(SHORT).is_err());
        drop(permit);
        assert!(!self.event.wait_timeout(SHORT));
        assert_eq!(self.once.wait_timeout(SHORT), Err(TimedOut));
        let crowd = Barrier::new(2);
        let alone = crowd.wait_timeout(SHORT).unwrap_err();
        assert_eq!(alone.cause(), BrokenBy::TimedOut);
        assert!(!Latch::new(1).wait_timeout(SHORT));
        let stop = self.source.token();
        assert_eq!(
            self.event.wait_until((SHORT, &stop)),
            Err(WaitError::TimedOut)
        );
        assert!(!stop.wait_timeout(SHORT));
    }
}

#[test]
fn everything_works_while_thread_locals_are_destroyed() {
    struct Late(Arc<All>, Arc<Latch>);
    impl Drop for Late {
        fn drop(&mut self) {
            self.0.use_all();
            self.1.count_down();
        }
    }
    thread_local!(static LATE: RefCell<Option<Late>> = const { RefCell::new(None) });
    bounded(|| {
        let all = Arc::new(All::default());
        // The counts come from the destructors: a panic in one would end the process.
        let done = Arc::new(Latch::new(4));
        let body = |all: &Arc<All>, done: &Arc<Latch>, early: bool| {
            let late = Late(Arc::clone(all), Arc::clone(done));
            move || {
                if early {
                    // So that the destructors of what waiting uses run before this one's.
                    LATE.set(Some(late));
                    LATE.with_borrow(|late| late.as_ref().unwrap().0.use_all());
                } else {
                    late.0.use_all();
                    LATE.set(Some(late));
                }
            }
        };
        for early in [true, false] {
            spawn(body(&all, &done, early)).join().unwrap();
            thread::spawn(body(&all, &done, early)).join().unwrap();
        }
        assert!(done.wait_timeout(support::LONG));
        assert_eq!(*all.lock.acquire(), 8);
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
fn a_semaphore_without_permits_is_told_to_whoever_waits() {
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
fn a_forgotten_registration_stays_in_place() {
    let source = StopSource::new();
    let told = Arc::new(Event::new());
    let tell = Arc::clone(&told);
    mem::forget(source.token().on_stop(move || tell.set()));
    source.stop();
    assert!(told.is_set());
}

#[test]
fn a_callback_may_register_stop_and_take_back_from_within() {
    bounded(|| {
        let source = StopSource::new();
        let depth = Arc::new(AtomicUsize::new(0));
        fn descend(token: StopToken, depth: Arc<AtomicUsize>) {
            if depth.fetch_add(1, Ordering::Relaxed) < 100 {
                let (token_there, depth_there) = (token.clone(), Arc::clone(&depth));
                // The stop has come: it runs at once, in the midst of this one.
                drop(token.on_stop(move || descend(token_there, depth_there)));
            }
        }
        let own: Arc<Lock<Option<Registration>>> = Arc::default();
        let (token, own_there) = (source.token(), Arc::clone(&own));
        let (again, counter) = (source.clone(), Arc::clone(&depth));
        let registration = source.token().on_stop(move || {
            assert!(!again.stop(), "it is stopped already");
            drop(own_there.acquire().take());
            descend(token, counter);
        });
        *own.acquire() = Some(registration);
        assert!(source.stop());
        assert_eq!(depth.load(Ordering::Relaxed), 101);
        assert!(own.acquire().is_none());
    });
}

#[test]
fn what_a_callback_holds_may_panic_when_it_is_dropped() {
    let drops = Drops::new();
    let bomb = || Bomb(drops.value());
    // Taken back: the panic is that of the one who takes it back.
    let source = StopSource::new();
    let (unrun, other) = (bomb(), Arc::new(Event::new()));
    let registration = source.token().on_stop(move || drop(unrun));
    let tell = Arc::clone(&other);
    source.token().on_stop(move || tell.set()).detach();
    assert_eq!(panic_of(|| drop(registration)), "a destructor that panics");
    assert_eq!(drops.count(), 1);
    // Run by the stop: it goes no further, and those behind it run.
    let inside = bomb();
    source.token().on_stop(move || drop(inside)).detach();
    let last = Arc::new(Event::new());
    let tell = Arc::clone(&last);
    source.token().on_stop(move || tell.set()).detach();
    assert!(source.stop());
    assert!(other.is_set() && last.is_set());
    assert_eq!(drops.count(), 2);
    // Even if what it panics with panics when it is dropped.
    let source = StopSource::new();
    let payload = Lock::new(Some(bomb()));
    source
        .token()
        .on_stop(move || std::panic::resume_unwind(Box::new(payload.acquire().take())))
        .detach();
    assert!(source.stop());
    assert_eq!(drops.count(), 3);
}

#[test]
fn an_action_may_do_anything_to_its_barrier_but_wait() {
    bounded(|| {
        type Deed = fn(&Barrier);
        let deeds: [(Deed, Option<BrokenBy>); 4] = [
            (|barrier| barrier.reset(), Some(BrokenBy::Reset)),
            (|barrier| barrier.abort(), Some(BrokenBy::Aborted)),
            (
                |barrier| {
                    barrier.abort();
                    barrier.reset();
                },
                Some(BrokenBy::Aborted),
            ),
            (
                |barrier| {
                    assert_eq!(barrier.try_wait(), Ok(None));
                    assert_eq!((barrier.n_waiting(), barrier.broken()), (1, false));
                    assert!(format!("{barrier:?}").contains("waiting: 1"));
                },
                None,
            ),
        ];
        for (deed, expected) in deeds {
            let slot: Arc<Once<Arc<Barrier>>> = Arc::default();
            let own = Arc::clone(&slot);
            let barrier = Arc::new(Barrier::with_action(2, move || deed(own.wait())));
            slot.set(Arc::clone(&barrier)).unwrap();
            let other = {
                let barrier = Arc::clone(&barrier);
                spawn(move || barrier.wait().err().map(|broken| broken.cause()))
            };
            let mine = barrier.wait().err().map(|broken| broken.cause());
            assert_eq!((mine, other.join().unwrap()), (expected, expected));
            assert_eq!(barrier.n_waiting(), 0);
        }
    });
}

#[test]
fn a_maker_that_waits_for_its_own_value_is_told() {
    bounded(|| {
        let once = Once::<u32>::new();
        let needs_itself = "making this value needs the value itself";
        let waits: [fn(&Once<u32>) -> u32; 3] = [
            |once| *once.wait(),
            |once| *once.wait_timeout(Duration::MAX).unwrap(),
            |once| *once.get_or_init(|| 1),
        ];
        for wait in waits {
            let message = panic_of(|| {
                once.get_or_init(|| wait(&once));
            });
            assert_eq!(message, needs_itself);
        }
        // These end.
        let made = once.get_or_init(|| {
            assert_eq!(once.set(5), Err(5));
            assert_eq!(once.wait_timeout(SHORT), Err(TimedOut));
            assert_eq!(once.wait_until(SHORT), Err(WaitError::TimedOut));
            7
        });
        assert_eq!((*made, *once.wait()), (7, 7));
    });
}

#[test]
fn a_maker_that_fails_with_a_destructor_leaves_it_to_the_next() {
    let drops = Drops::new();
    let once = Once::new();
    let fails = || {
        let _bomb = Bomb(drops.value());
        once.get_or_init(|| panic!("in the maker"));
    };
    assert_eq!(panic_of(fails), "in the maker");
    let bomb = Bomb(drops.value());
    assert_eq!(
        panic_of(|| {
            let fails = once.get_or_try_init(move || {
                drop(bomb);
                Err(())
            });
            assert!(fails.is_ok(), "it panics before");
        }),
        "a destructor that panics"
    );
    assert_eq!((*once.get_or_init(|| 3), drops.count()), (3, 2));
    let lazy: Lazy<Arc<Lock<u32>>> = Lazy::new(|| panic!("in the maker"));
    for _ in 0..2 {
        panic_of(|| drop(lazy.acquire()));
    }
    assert!(Lazy::get(&lazy).is_none());
}

#[test]
fn the_largest_numbers_are_numbers() {
    let latch = Latch::new(usize::MAX);
    assert!(panic_of(|| latch.add(1).unwrap()).contains("adding 1"));
    latch.count_down_by(usize::MAX - 1);
    assert_eq!(latch.count(), 1);
    latch.count_down();
    assert!(latch.is_open());

    let crowd = Barrier::new(usize::MAX);
    assert_eq!(
        crowd.wait_timeout(SHORT).unwrap_err().cause(),
        BrokenBy::TimedOut
    );
    assert_eq!(Condition::new().notify(usize::MAX), 0);

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
fn the_longest_times_are_for_ever() {
    bounded(|| {
        let all = Arc::new(All::default());
        let hold = all.semaphore.acquire();
        let crowd = Arc::new(Barrier::new(2));
        let latch = Arc::new(Latch::new(1));
        let about = Arc::new(AtomicUsize::new(0));
        let far = Instant::now() + Duration::from_secs(u64::MAX >> 2);
        type Wait = Box<dyn FnOnce(&All, &Barrier, &Latch) -> bool + Send>;
        let waits: Vec<Wait> = vec![
            Box::new(|all, _, _| all.event.wait_timeout(Duration::MAX)),
            Box::new(move |all, _, _| all.event.wait_until(far).is_ok()),
            Box::new(move |all, _, _| all.event.wait_until((far, &all.source.token())).is_ok()),
            Box::new(|all, _, _| all.semaphore.acquire_timeout(Duration::MAX).is_ok()),
            Box::new(move |all, _, _| all.semaphore.acquire_until(far).is_ok()),
            Box::new(|_, crowd, _| crowd.wait_timeout(Duration::MAX).is_ok()),
            Box::new(|_, _, latch| latch.wait_timeout(Duration::MAX)),
            Box::new(move |_, _, latch| latch.wait_until(far).is_ok()),
            Box::new(|all, _, _| all.once.wait_timeout(Duration::MAX).is_ok()),
            Box::new(move |all, _, _| all.once.wait_until(far).is_ok()),
            Box::new(move |all, _, _| {
                let mut guard = all.lock.acquire();
                let there = |value: &mut u32| *value == 0;
                all.changed.wait_while_until(&mut guard, far, there).is_ok()
            }),
        ];
        let waiters: Vec<_> = waits
            .into_iter()
            .map(|wait| {
                let (all, about) = (Arc::clone(&all), Arc::clone(&about));
                let (crowd, latch) = (Arc::clone(&crowd), Arc::clone(&latch));
                spawn(move || {
                    about.fetch_add(1, Ordering::Relaxed);
                    wait(&all, &crowd, &latch)
                })
            })
            .collect();
        eventually("all are about to wait", || {
            about.load(Ordering::Relaxed) == waiters.len()
        });
        thread::sleep(SHORT);
        assert!(waiters.iter().all(|waiter| !waiter.is_finished()));
        all.event.set();
        drop(hold);
        crowd.wait().unwrap();
        latch.count_down();
        all.once.set(1).unwrap();
        *all.lock.acquire() = 1;
        all.changed.notify_all();
        for waiter in waiters {
            assert!(waiter.join().unwrap());
        }
    });
}

#[test]
fn no_time_at_all_is_one_try() {
    let all = All::default();
    assert!(all.semaphore.acquire_timeout(Duration::ZERO).is_ok());
    assert!(all.semaphore.acquire_until(Duration::ZERO).is_ok());
    assert!(!all.event.wait_timeout(Duration::ZERO));
    assert!(all.rwlock.read_timeout(Duration::ZERO).is_ok());
    assert!(all.rwlock.write_timeout(Duration::ZERO).is_ok());
    assert!(all.rlock.acquire_timeout(Duration::ZERO).is_ok());
    assert_eq!(all.once.wait_timeout(Duration::ZERO), Err(TimedOut));
    assert!(Latch::new(0).wait_timeout(Duration::ZERO));
    assert!(!Latch::new(1).wait_timeout(Duration::ZERO));
    assert!(Barrier::new(1).wait_timeout(Duration::ZERO).is_ok());
    assert!(Barrier::new(2).wait_timeout(Duration::ZERO).is_err());
    all.source.stop();
    let stop = all.source.token();
    // A stop that has come leaves as much as a time that is over: one try.
    assert!(all.semaphore.acquire_until(&stop).is_ok());
    assert_eq!(all.event.wait_until(&stop), Err(WaitError::Stopped));
    all.event.set();
    assert_eq!(all.event.wait_until(&stop), Ok(()));
    assert!(Barrier::new(1).wait_until(&stop).is_ok());
}

#[test]
fn a_source_that_is_dropped_leaves_waits_to_what_they_wait_for() {
    bounded(|| {
        let all = Arc::new(All::default());
        let permit = all.semaphore.acquire();
        let source = StopSource::new();
        let about = Arc::new(AtomicUsize::new(0));
        let waits: [fn(&All, &StopToken) -> bool; 4] = [
            |all, stop| all.event.wait_until(stop).is_ok(),
            |all, stop| all.semaphore.acquire_until(stop).is_ok(),
            |all, stop| all.once.wait_until(stop).is_ok(),
            |_, stop| !stop.wait_timeout(Duration::from_millis(50)) && stop.check().is_ok(),
        ];
        let waiters = waits.map(|wait| {
            let (all, stop, about) = (Arc::clone(&all), source.token(), Arc::clone(&about));
            spawn(move || {
                about.fetch_add(1, Ordering::Relaxed);
                wait(&all, &stop)
            })
        });
        eventually("all are about to wait", || {
            about.load(Ordering::Relaxed) == 4
        });
        drop(source);
        all.event.set();
        drop(permit);
        all.once.set(1).unwrap();
        for waiter in waiters {
            assert!(waiter.join().unwrap());
        }
    });
}
