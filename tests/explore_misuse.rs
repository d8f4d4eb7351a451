//! What explorations say to bodies that do not keep to the rules, and to odd ones that do.

mod support;

use std::cell::{Cell, OnceCell};
use std::panic::panic_any;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::{Bomb, Drops, bounded, panic_of};
use threadkit::explore::{Explorer, Failure, check, replay};
use threadkit::{Lock, OwnedLockGuard, StopSource, Thread, current, join_all, spawn, stop_token};

fn fails(body: impl Fn() + Send + Sync + 'static) -> Failure {
    bounded(|| {
        Explorer::new()
            .runs(2_000)
            .try_check(body)
            .expect_err("it must be found out")
    })
}

fn holds(body: impl Fn() + Send + Sync + 'static) {
    bounded(|| Explorer::new().runs(500).check(body));
}

thread_local!(static LATE: OnceCell<Late> = const { OnceCell::new() });

/// Runs something while the thread-locals of its thread are destroyed.
struct Late(Option<Box<dyn FnOnce()>>);

impl Drop for Late {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

fn at_the_end(f: impl FnOnce() + 'static) {
    LATE.with(|cell| assert!(cell.set(Late(Some(Box::new(f)))).is_ok()));
}

#[test]
fn an_exploration_inside_another_is_refused() {
    let failure = fails(|| check(|| ()));
    assert!(
        failure.what().contains("cannot be started inside another"),
        "{failure}"
    );
    let failure = fails(|| spawn(|| check(|| ())).join().unwrap());
    assert!(
        failure.what().contains("cannot be started inside another"),
        "{failure}"
    );
    let failure = fails(|| replay("tk1.0", || ()));
    assert!(
        failure.what().contains("cannot be started inside another"),
        "{failure}"
    );
}

#[test]
fn explorations_beside_each_other_do_not_mix() {
    bounded(|| {
        let explorers: Vec<_> = (0..4_u64)
            .map(|n| {
                std::thread::spawn(move || {
                    Explorer::new().runs(200).seed(n).check(move || {
                        let lock = Arc::new(Lock::new(n));
                        let other = Arc::clone(&lock);
                        let thread = spawn(move || *other.acquire() += 1);
                        *lock.acquire() += 1;
                        thread.join().unwrap();
                        assert_eq!(*lock.acquire(), n + 2);
                    });
                })
            })
            .collect();
        for explorer in explorers {
            explorer.join().unwrap();
        }
    });
}

#[test]
fn a_panic_in_reset_comes_out_and_spoils_nothing() {
    bounded(|| {
        let count = Arc::new(AtomicU64::new(0));
        let other = Arc::clone(&count);
        let explorer = Explorer::new().reset(move || {
            assert!(other.fetch_add(1, Ordering::Relaxed) < 3, "no more");
        });
        assert!(panic_of(|| _ = explorer.check(|| ())).contains("no more"));
        assert_eq!(count.load(Ordering::Relaxed), 4);
        check(|| spawn(|| ()).join().unwrap());
    });
}

#[test]
fn an_error_and_any_payload_fail_the_run() {
    bounded(|| {
        let failure = Explorer::new()
            .try_check(|| Err::<(), _>("no luck"))
            .unwrap_err();
        assert!(failure.what().contains("no luck"), "{failure}");
        assert_eq!(failure.run(), 1);
    });
    let failure = fails(|| panic_any(5));
    assert!(
        failure.what().contains("a payload that is no string"),
        "{failure}"
    );
    let drops = Drops::new();
    let other = drops.clone();
    let failure = fails(move || panic_any(Bomb(other.value())));
    assert!(
        failure.what().contains("a payload that is no string"),
        "{failure}"
    );
    assert_eq!(drops.count(), 1);
    let failure = fails(|| {
        let thread = spawn(|| panic_any(Bomb(Drops::new().value())));
        thread.wait();
    });
    assert!(
        failure
            .what()
            .contains("nobody joined a thread that failed"),
        "{failure}"
    );
}

#[test]
fn a_failed_run_does_not_spoil_the_next_exploration() {
    static KEPT: Lock<u32> = Lock::named("kept", 0);
    // Its threads sleep for ever, one of them with the lock.
    let failure = fails(|| {
        let _held = KEPT.acquire();
        stop_token().wait();
    });
    assert!(failure.what().contains("deadlock"), "{failure}");
    holds(|| spawn(|| ()).join().unwrap());
    // A static that was left locked is told as what it is.
    let failure = fails(|| drop(KEPT.acquire()));
    assert!(failure.what().contains("deadlock"), "{failure}");
    assert!(failure.what().contains("acquire `kept`"), "{failure}");
}

#[test]
fn a_schedule_of_another_program_does_no_harm() {
    bounded(|| {
        replay("tk1.", || spawn(|| ()).join().unwrap());
        replay("tk1.zzz(4000000000)*50.", || {
            let threads = (0..3).map(|_| spawn(|| ())).collect::<Vec<_>>();
            join_all(threads).unwrap();
        });
    });
}

#[test]
fn thread_locals_are_destroyed_under_the_exploration_too() {
    // A destructor takes a lock that another thread holds at that moment.
    holds(|| {
        let lock = Arc::new(Lock::new(0));
        let other = Arc::clone(&lock);
        let thread = spawn(move || at_the_end(move || *other.acquire() += 1));
        {
            let _held = lock.acquire();
            threadkit::sleep(Duration::from_millis(1));
        }
        thread.join().unwrap();
        assert_eq!(*lock.acquire(), 1, "a join waits for thread-locals");
    });
    // A destructor wakes another thread.
    holds(|| {
        let source = StopSource::new();
        let token = source.token();
        let waiter = spawn(move || token.wait());
        spawn(move || at_the_end(move || _ = source.stop()))
            .join()
            .unwrap();
        waiter.join().unwrap();
    });
    // A destructor releases what the thread kept.
    holds(|| {
        thread_local! {
            static KEPT: Cell<Option<OwnedLockGuard<u32>>> = const { Cell::new(None) };
        }
        let lock = Arc::new(Lock::new(0));
        let other = Arc::clone(&lock);
        let keeper = spawn(move || {
            let mut guard = other.acquire_owned();
            *guard += 1;
            KEPT.set(Some(guard));
        });
        *lock.acquire() += 1;
        keeper.join().unwrap();
        assert_eq!(*lock.acquire(), 2);
    });
    // A destructor starts a thread, and waits for it.
    holds(|| {
        let seen = Arc::new(AtomicBool::new(false));
        let other = Arc::clone(&seen);
        let thread = spawn(move || {
            at_the_end(move || {
                spawn(move || other.store(true, Ordering::Relaxed))
                    .join()
                    .unwrap()
            });
        });
        thread.join().unwrap();
        assert!(seen.load(Ordering::Relaxed));
    });
}

#[test]
fn a_deadlock_in_the_destructor_of_a_thread_local_is_found() {
    let failure = fails(|| {
        let lock = Arc::new(Lock::named("late", 0));
        let other = Arc::clone(&lock);
        let _held = lock.acquire();
        let thread = spawn(move || at_the_end(move || *other.acquire() += 1));
        thread.join().unwrap();
    });
    assert!(failure.what().contains("deadlock"), "{failure}");
}

#[test]
fn a_thread_joins_itself_and_names_are_kept() {
    let failure = fails(|| {
        Thread::new(|| panic!("as {}", current().name()))
            .name("actor")
            .start()
            .join()
            .unwrap();
    });
    assert!(
        failure.what().contains("thread `actor` panicked"),
        "{failure}"
    );
    assert!(failure.what().contains("as actor"), "{failure}");
}

#[test]
fn a_failed_start_is_the_same_as_elsewhere() {
    holds(|| {
        let error = Thread::new(|| 5)
            .stack_size(usize::MAX)
            .try_start()
            .unwrap_err();
        assert_eq!(error.into_body()(), 5);
        assert_eq!(spawn(|| 6).join().unwrap(), 6);
    });
}

/// The one slow test: it takes the time after which an exploration gives a thread up.
#[test]
fn a_thread_that_blocks_where_nobody_sees_it_is_told() {
    let body = || {
        let mutex = Arc::new(Mutex::new(()));
        let other = Arc::clone(&mutex);
        let held = mutex.lock().unwrap();
        let thread = spawn(move || drop(other.lock()));
        // The other one goes on, into a lock that is not ours.
        thread.wait();
        drop(held);
    };
    let failure = bounded(move || Explorer::new().try_check(body).unwrap_err());
    assert!(
        failure.what().contains("where threadkit does not see it"),
        "{failure}"
    );
    holds(|| spawn(|| ()).join().unwrap());
}
