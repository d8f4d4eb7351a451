//! Scopes, excepthook roles and states under schedules of the explorer's choosing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use threadkit::explore::Explorer;
use threadkit::{Event, Lock, Thread, scope, spawn, stop_token, try_scope};

#[test]
fn borrowing_threads_add_up() {
    Explorer::new().runs(1_000).check(|| {
        let total = Lock::new(0);
        let extra = 5;
        scope(|s| {
            s.spawn(|| *total.acquire() += extra);
            s.spawn(|| *total.acquire() += extra);
        });
        assert_eq!(total.into_inner(), 10);
    });
}

#[test]
fn its_twin_without_a_lock_is_found() {
    let failure = Explorer::new()
        .runs(10_000)
        .try_check(|| {
            let total = Lock::new(0);
            scope(|s| {
                for _ in 0..2 {
                    s.spawn(|| {
                        let seen = *total.acquire();
                        *total.acquire() = seen + 1;
                    });
                }
            });
            assert_eq!(total.into_inner(), 2);
        })
        .expect_err("the planted bug is found");
    assert!(failure.what().contains("left: 1"), "{failure}");
}

#[test]
fn a_panic_stops_whoever_waits_under_every_schedule() {
    Explorer::new().runs(1_000).check(|| {
        let never = Event::new();
        let panics = try_scope(|s| {
            s.spawn(|| never.wait_until(&stop_token()).unwrap_err());
            s.spawn(|| stop_token().wait());
            s.spawn(|| panic!("oops"));
        });
        assert_eq!(panics.unwrap_err().len(), 1);
    });
}

#[test]
fn all_schedules_of_a_small_scope_end() {
    let report = Explorer::new().exhaustive().runs(50_000).check(|| {
        let ended = AtomicUsize::new(0);
        scope(|s| {
            s.spawn(|| ended.fetch_add(1, Ordering::Relaxed));
        });
        assert_eq!(ended.into_inner(), 1);
    });
    assert!(report.is_complete(), "{} runs were not all", report.runs());
}

#[test]
fn a_stop_of_the_owner_races_with_all_it_does() {
    Explorer::new().runs(1_000).check(|| {
        let owner = spawn(|| {
            scope(|s| {
                s.spawn(|| {
                    scope(|t| {
                        t.spawn(|| stop_token().wait());
                    });
                });
                s.spawn(move || s.spawn(|| stop_token().wait()));
            });
        });
        owner.stop();
        owner.join().unwrap();
    });
}

#[test]
fn joined_and_unjoined_threads_of_a_scope_end() {
    Explorer::new().runs(2_000).check(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let sum = scope(|s| {
            let joined = s.spawn(|| count.fetch_add(1, Ordering::Relaxed));
            drop(s.start(Thread::new(|| count.fetch_add(1, Ordering::Relaxed)).name("loose")));
            joined.wait();
            joined.join().unwrap()
        });
        assert!(sum < 2);
        assert_eq!(count.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn an_err_that_nobody_joins_fails_the_test_body() {
    let failure = Explorer::new()
        .runs(50)
        .try_check(|| {
            let worker = Thread::new(|| "x".parse::<u32>()).name("parser");
            worker.report_errors().start().wait();
        })
        .unwrap_err();
    assert!(
        failure
            .what()
            .contains("thread `parser` returned an error: invalid digit"),
        "{failure}"
    );
}
