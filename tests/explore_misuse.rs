//! Explorations of bodies that break the rules, and of unusual bodies that keep them.

#[path = "support/process.rs"]
mod process;
mod support;

use std::cell::Cell;
use std::panic::{self, panic_any};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use process::run;
use support::{Bomb, Drops, LONG, at_thread_end, bounded, panic_of};
use threadkit::atomic::AtomicU64 as Counter;
use threadkit::explore::{Explorer, Failure, check, replay};
use threadkit::{
    Event, Lock, OwnedLockGuard, StopSource, Thread, ThreadPool, current, join_all, spawn,
    stop_token,
};

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

/// Whether the environment asks for coroutines, which share the thread-locals of std.
fn threads_are_coroutines() -> bool {
    std::env::var_os("THREADKIT_EXPLORE").is_some_and(|kind| kind == "coroutines")
}

#[test]
fn an_exploration_inside_another_is_refused() {
    let failure = fails(|| check(|| ()));
    assert!(
        failure.what().contains("cannot be started inside another"),
        "{failure}"
    );
    assert!(
        failure.what().contains("or the attribute, out of the body"),
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
fn a_body_may_panic_always_or_return_a_result() {
    bounded(|| {
        let failure = Explorer::new().try_check(|| panic!("always")).unwrap_err();
        assert!(failure.what().contains("always"), "{failure}");
        let failure = Explorer::new()
            .try_check(|| -> Result<(), String> { Err("no luck".to_owned()) })
            .unwrap_err();
        assert!(failure.what().contains("no luck"), "{failure}");
        Explorer::new().runs(3).check(|| Ok::<(), String>(()));
    });
}

#[test]
#[should_panic(expected = "an exploration needs at least one run")]
fn no_runs_at_all_are_refused() {
    let _ = Explorer::new().runs(0);
}

#[test]
fn an_exploration_in_a_task_of_a_pool_is_one_like_any_other() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let task = pool.submit(|| {
            Explorer::new()
                .runs(100)
                .check(|| spawn(|| ()).join().unwrap())
        });
        assert_eq!(task.join().unwrap().runs(), 100);
    });
    // Inside a body the pool's threads belong to the exploration.
    let failure = fails(|| ThreadPool::new(1).submit(|| check(|| ())).join().unwrap());
    assert!(
        failure.what().contains("cannot be started inside another"),
        "{failure}"
    );
}

#[test]
fn a_thread_of_std_in_a_body_is_told() {
    let failure = fails(|| {
        let event = Arc::new(Event::new());
        assert!(!event.is_set());
        let other = Arc::clone(&event);
        std::thread::spawn(move || assert!(!other.is_set()))
            .join()
            .unwrap();
        // The body relies on that thread to set the event.
        event.wait();
    });
    let text = failure.to_string();
    assert!(
        text.contains(
            "used by a thread that threadkit did not start in the body, which no schedule can \
             place: an event made at tests/explore_misuse.rs:"
        ),
        "{text}"
    );
    let failure = fails(|| Event::new().wait());
    assert!(!failure.to_string().contains("did not start"), "{failure}");
}

#[test]
fn what_is_held_outside_is_told() {
    static HELD: Lock = Lock::named("held outside", ());
    let failure = bounded(|| {
        let _held = HELD.acquire();
        Explorer::new()
            .try_check(|| drop(HELD.acquire()))
            .expect_err("it is held")
    });
    assert!(failure.what().contains("deadlock"), "{failure}");
    assert!(
        failure.what().contains("acquire `held outside`"),
        "{failure}"
    );
}

#[test]
fn what_is_let_go_of_outside_is_waited_for() {
    static SHARED: Lock<u64> = Lock::new(0);
    bounded(|| {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let mut shared = SHARED.acquire();
                    (0..1_000).for_each(|_| *shared = std::hint::black_box(*shared + 1));
                }
            });
            // Set even if the body fails; otherwise the thread above would never end.
            let explored = panic::catch_unwind(|| {
                Explorer::new().runs(300).check(|| {
                    let other = spawn(|| *SHARED.acquire() += 1);
                    *SHARED.acquire() += 1;
                    other.join().unwrap();
                });
            });
            is_over.store(true, Ordering::Relaxed);
            explored.unwrap();
        });
    });
}

#[test]
fn destructors_that_panic_fail_the_run_and_nothing_else() {
    let failure = fails(|| drop(Bomb(Drops::new().value())));
    assert!(
        failure.what().contains("a destructor that panics"),
        "{failure}"
    );
    let failure = fails(|| {
        let _bomb = Bomb(Drops::new().value());
        let thread = spawn(|| {
            let _bomb = Bomb(Drops::new().value());
            panic!("first");
        });
        thread.join().unwrap();
    });
    assert!(failure.what().contains("first"), "{failure}");
    holds(|| spawn(|| ()).join().unwrap());
}

#[test]
fn a_replay_puts_statics_back_too() {
    static ROUNDS: Counter = Counter::new(0);
    let body = || {
        let seen = ROUNDS.load(Ordering::Relaxed);
        let other = spawn(move || ROUNDS.store(seen + 1, Ordering::Relaxed));
        ROUNDS.store(seen + 1, Ordering::Relaxed);
        other.join().unwrap();
        assert_eq!(ROUNDS.load(Ordering::Relaxed), 2);
    };
    bounded(move || {
        let explorer = || Explorer::new().reset(|| ROUNDS.store(0, Ordering::Relaxed));
        let failure = explorer().try_check(body).unwrap_err();
        let schedule = failure.schedule().expect("it has one").to_owned();
        for _ in 0..3 {
            let schedule = schedule.clone();
            let text = panic_of(move || explorer().replay(&schedule, body));
            assert!(text.contains("left: 1"), "{text}");
        }
    });
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
            .contains("a thread failed and was not joined"),
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
    // A static that was left locked is reported as such.
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
    if threads_are_coroutines() {
        return;
    }
    // A destructor takes a lock that another thread holds at that moment.
    holds(|| {
        let lock = Arc::new(Lock::new(0));
        let other = Arc::clone(&lock);
        let thread = spawn(move || at_thread_end(move || *other.acquire() += 1));
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
        spawn(move || at_thread_end(move || _ = source.stop()))
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
            at_thread_end(move || {
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
    if threads_are_coroutines() {
        return;
    }
    let failure = fails(|| {
        let lock = Arc::new(Lock::named("late", 0));
        let other = Arc::clone(&lock);
        let _held = lock.acquire();
        let thread = spawn(move || at_thread_end(move || *other.acquire() += 1));
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

fn blocks_unseen() {
    let mutex = Arc::new(Mutex::new(()));
    let other = Arc::clone(&mutex);
    let held = mutex.lock().unwrap();
    let thread = spawn(move || drop(other.lock()));
    // The other thread continues, and comes to a lock that is not threadkit's.
    thread.wait();
    drop(held);
}

/// Run by the test below, in a process of its own.
#[test]
#[ignore = "it ends the process if the environment asks for coroutines"]
fn stuck() {
    let failure = Explorer::new().try_check(blocks_unseen).unwrap_err();
    eprintln!("{failure}");
    holds(|| spawn(|| ()).join().unwrap());
}

#[test]
fn a_thread_that_blocks_unseen_is_reported() {
    let exe = std::env::current_exe().unwrap();
    let words = "--exact stuck --ignored --nocapture";
    let ended = run(exe.to_str().unwrap(), words, LONG);
    assert!(
        ended.err.contains("where threadkit does not see it"),
        "{ended:?}"
    );
    assert_eq!(ended.code() == Some(0), !threads_are_coroutines());
}
