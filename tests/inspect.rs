//! What is said about locks and waits where they are tracked, as users see it.

#![cfg(any(debug_assertions, feature = "explore"))]

mod support;

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use support::{LONG, bounded, eventually, panic_of};
use threadkit::{Lock, LockGuard, RLock, RwLock, State, Thread, ThreadPool};

#[test]
fn the_holder_is_shown_for_as_long_as_it_holds() {
    bounded(|| {
        let lock = Arc::new(Lock::named("ledger", ()));
        let (other, steps) = (Arc::clone(&lock), Arc::new(Barrier::new(2)));
        let steps2 = Arc::clone(&steps);
        let holder = Thread::new(move || {
            for _ in 0..2 {
                let held = LockGuard::map(other.acquire(), |unit| unit);
                steps2.wait();
                steps2.wait();
                drop(held);
                steps2.wait();
                steps2.wait();
            }
        })
        .name("clerk")
        .start();
        for _ in 0..2 {
            steps.wait();
            let text = format!("{lock:?}");
            assert!(text.contains("held_by: \"clerk\""), "{text}");
            assert!(
                text.contains("since: ") && text.contains("inspect.rs:"),
                "{text}"
            );
            steps.wait();
            steps.wait();
            let text = format!("{lock:?}");
            assert!(
                !text.contains("held_by") && !text.contains("since"),
                "{text}"
            );
            steps.wait();
        }
        holder.join().unwrap();
    });
}

#[test]
fn a_renamed_holder_is_shown_by_its_new_name() {
    bounded(|| {
        let lock = Arc::new(RLock::named("tree", ()));
        let (other, steps) = (Arc::clone(&lock), Arc::new(Barrier::new(2)));
        let steps2 = Arc::clone(&steps);
        let holder = Thread::new(move || {
            let _held = other.acquire();
            steps2.wait();
            steps2.wait();
        })
        .name("before")
        .start();
        steps.wait();
        holder.thread().set_name("after");
        let text = format!("{lock:?}");
        steps.wait();
        holder.join().unwrap();
        assert!(text.contains("\"after\""), "{text}");
    });
}

#[test]
fn a_holder_that_has_ended_is_still_told() {
    bounded(|| {
        let lock = Arc::new(Lock::new(()));
        let other = Arc::clone(&lock);
        let holder = threadkit::spawn(move || std::mem::forget(other.acquire()));
        let ident = holder.ident();
        holder.join().unwrap();
        let text = format!("{lock:?}");
        assert!(text.contains(&format!("held_by: {ident}")), "{text}");
    });
}

#[test]
fn a_report_names_a_lock_without_a_name_by_its_place() {
    let lock = Lock::new(());
    let line = line!() - 1;
    let _held = lock.acquire();
    let message = panic_of(|| drop(lock.acquire()));
    assert!(message.contains("made at "), "{message}");
    assert!(
        message.contains(&format!("inspect.rs:{line}:")),
        "{message}"
    );
}

#[test]
fn try_and_limited_waits_on_ones_own_lock_are_no_mistake() {
    let lock = Lock::new(());
    let _held = lock.acquire();
    assert!(lock.try_acquire().is_none());
    assert!(
        lock.acquire_timeout(std::time::Duration::from_micros(10))
            .is_err()
    );
    assert!(format!("{lock:?}").contains("<locked>"));
}

#[test]
fn passing_a_lock_from_thread_to_thread_is_no_mistake() {
    bounded(|| {
        let lock = Arc::new(Lock::new(0_u32));
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let lock = Arc::clone(&lock);
                threadkit::spawn(move || (0..2000).for_each(|_| *lock.acquire() += 1))
            })
            .collect();
        // Another thread looks all the time, and neither waits nor fails.
        while threads.iter().any(|thread| !thread.is_finished()) {
            assert!(format!("{lock:?}").starts_with("Lock {"));
            thread::yield_now();
        }
        threadkit::join_all(threads).unwrap();
        assert_eq!(*lock.acquire(), 6000);
    });
}

#[test]
fn a_caught_report_leaves_the_thread_usable() {
    bounded(|| {
        let thread = threadkit::spawn(|| {
            let lock = Lock::new(1);
            let held = lock.acquire();
            for _ in 0..3 {
                panic_of(|| drop(lock.acquire()));
            }
            drop(held);
            lock.into_inner()
        });
        eventually("it ends", || thread.is_finished());
        assert_eq!(thread.join().unwrap(), 1);
    });
}

#[test]
fn a_wait_for_a_side_of_an_rw_lock_is_shown_with_its_operation() {
    type Wait = fn(&RwLock<u32>);
    let waits: [(Wait, &str); 7] = [
        (|lock| drop(lock.read()), "read `rates`"),
        (|lock| drop(lock.read_timeout(LONG)), "read `rates`"),
        (|lock| drop(lock.write()), "write `rates`"),
        (|lock| drop(lock.write_timeout(LONG)), "write `rates`"),
        (
            |lock| drop(lock.write_timeout(Duration::MAX)),
            "write `rates`",
        ),
        (|lock| drop(lock.upgradable()), "upgradable `rates`"),
        (
            |lock| drop(lock.upgradable_timeout(LONG)),
            "upgradable `rates`",
        ),
    ];
    bounded(move || {
        let lock = Arc::new(RwLock::named("rates", 0));
        let is_seen = |waiter: &threadkit::JoinHandle<()>, expected: &str| {
            eventually(
                expected,
                || matches!(waiter.thread().state(), State::Waiting { what, .. } if what == expected),
            );
        };
        for (wait, expected) in waits {
            let held = lock.write();
            let other = Arc::clone(&lock);
            let waiter = threadkit::spawn(move || wait(&other));
            is_seen(&waiter, expected);
            drop(held);
            waiter.join().unwrap();
        }
        let held = lock.read();
        let other = Arc::clone(&lock);
        let waiter = threadkit::spawn(move || drop(other.upgradable().upgrade()));
        is_seen(&waiter, "upgrade `rates`");
        drop(held);
        waiter.join().unwrap();
    });
}

#[test]
fn an_idle_worker_of_a_pool_waits_for_the_next_task() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let worker = pool.submit(threadkit::current).join().unwrap();
        eventually(
            "the worker is idle",
            || matches!(worker.state(), State::Waiting { what, .. } if what == "the next task"),
        );
        assert_eq!(pool.submit(|| 5).join().unwrap(), 5);
    });
}

#[test]
fn a_thread_without_a_name_is_reported_by_its_number() {
    let lock = Lock::new(());
    // A thread of `std` that threadkit has never met, and that has no name.
    let (message, ident) = thread::spawn(move || {
        let held = lock.acquire();
        let message = panic_of(|| drop(lock.acquire()));
        drop(held);
        (message, threadkit::current().ident())
    })
    .join()
    .unwrap();
    assert!(
        message.starts_with(&format!("thread number {ident} acquires the lock made at ")),
        "{message}"
    );
}

#[test]
fn a_thread_of_std_is_listed_from_its_first_wait_to_its_end() {
    let find = |name: &str| {
        let all = threadkit::threads();
        all.into_iter().find(|thread| &*thread.name() == name)
    };
    let lock = Arc::new(Lock::named("drawer", ()));
    let held = lock.acquire();
    let other = Arc::clone(&lock);
    let waits = move || {
        assert!(
            find("a stranger").is_none(),
            "it has only taken a free lock"
        );
        drop(Lock::new(()).acquire());
        assert!(
            find("a stranger").is_none(),
            "it has only taken a free lock"
        );
        drop(other.acquire());
        threadkit::current().ident()
    };
    let stranger = thread::Builder::new().name("a stranger".to_owned());
    let stranger = stranger.spawn(waits).unwrap();
    let mut listed = None;
    eventually("it is listed", || {
        listed = find("a stranger");
        listed.is_some()
    });
    let listed = listed.unwrap();
    eventually(
        "its wait is shown",
        || matches!(listed.state(), State::Waiting { what, .. } if what == "acquire `drawer`"),
    );
    assert!(listed.is_daemon() && listed.is_alive());
    assert!(listed.stop(), "the first request");
    assert!(listed.stop_token().is_stopped());
    drop(held);
    assert_eq!(stranger.join().unwrap(), listed.ident());
    assert!(find("a stranger").is_none() && !listed.is_alive());
}

#[test]
fn a_wait_in_a_thread_local_destructor_lists_nothing_that_stays() {
    let lock = Arc::new(Lock::named("exit", ()));
    let held = lock.acquire();
    let other = Arc::clone(&lock);
    let waiter = thread::spawn(|| support::in_destructor(move || drop(other.acquire())));
    let waits = |thread: &threadkit::ThreadRef| matches!(thread.state(), State::Waiting { what, .. } if what == "acquire `exit`");
    let mut seen = None;
    eventually("it waits", || {
        seen = threadkit::threads().into_iter().find(waits);
        seen.is_some()
    });
    drop(held);
    waiter.join().unwrap();
    let seen = seen.unwrap();
    eventually("it is gone", || !seen.is_alive());
}
