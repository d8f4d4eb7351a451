//! Scopes, excepthook roles and states under schedules of the explorer's choosing.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use support::explored::{fails, holds, is_found};
use threadkit::explore::Explorer;
use threadkit::{
    Event, JoinHandle, Lock, StopSource, Thread, scope, sleep, spawn, stop_token, try_scope,
};

#[test]
fn borrowing_threads_add_up() {
    holds(1_000, || {
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
fn a_panic_stops_waiting_siblings_under_every_schedule() {
    holds(1_000, || {
        let never = Event::new();
        let panics = try_scope(|s| {
            s.spawn(|| never.wait_until(&stop_token()).unwrap_err());
            s.spawn(|| stop_token().wait());
            // Not by `panic!`, which would print thousands of times.
            s.spawn(|| resume_unwind(Box::new("oops")));
        });
        assert_eq!(panics.unwrap_err().len(), 1);
    });
}

/// Threads that are started by threads of the scope, while its owner waits already: all have ended, and
/// one panic has stopped the threads that wait, before what they borrow is gone.
#[test]
fn a_scope_outlives_all_its_threads() {
    holds(3_000, || {
        let frame = AtomicBool::new(true);
        let panics = try_scope(|s| {
            let frame = &frame;
            s.spawn(move || {
                s.spawn(move || {
                    stop_token().wait();
                    assert!(frame.load(Ordering::Relaxed));
                });
            });
            s.spawn(|| resume_unwind(Box::new("oops")));
        });
        frame.store(false, Ordering::Relaxed);
        assert_eq!(panics.unwrap_err().len(), 1);
    });
}

/// A scope by hand. Its threads are in the list from the step in which they are started, and its owner
/// goes on when it finds the list empty.
struct ByHand {
    threads: Lock<Vec<JoinHandle<()>>>,
    stop: StopSource,
    /// Whether what the threads borrow is still there.
    frame: AtomicBool,
    without: Without,
}

/// What a twin leaves out.
#[derive(Clone, Copy, PartialEq)]
enum Without {
    Nothing,
    LookingAgain,
    StoppingTheSiblings,
    WaitingAfterAPanic,
}

impl ByHand {
    fn start(self: &Arc<Self>, body: impl FnOnce(&Arc<Self>) + Send + 'static) {
        let scope = Arc::clone(self);
        let mut threads = self.threads.acquire();
        threads.push(spawn(move || {
            let panicked = catch_unwind(AssertUnwindSafe(|| body(&scope))).is_err();
            if panicked && scope.without != Without::StoppingTheSiblings {
                scope.stop.stop();
            }
            let frame = scope.frame.load(Ordering::Relaxed);
            assert!(frame, "a thread has outlived its scope");
        }));
    }

    fn wait(&self) {
        if self.without == Without::WaitingAfterAPanic && self.stop.is_stopped() {
            return;
        }
        if self.without == Without::LookingAgain {
            let threads = std::mem::take(&mut *self.threads.acquire());
            return threads.iter().for_each(JoinHandle::wait);
        }
        loop {
            let Some(thread) = self.threads.with(Vec::pop) else {
                return;
            };
            thread.wait();
        }
    }
}

/// A thread, one that it starts, and one that panics while that one waits.
fn teardown_by_hand(panics: bool, without: Without) {
    let scope = Arc::new(ByHand {
        threads: Lock::default(),
        stop: StopSource::new(),
        frame: AtomicBool::new(true),
        without,
    });
    scope.start(move |scope| {
        scope.start(move |scope| {
            if panics {
                scope.stop.token().wait();
            } else {
                sleep(Duration::from_secs(1));
            }
        });
    });
    if panics {
        scope.start(|_| resume_unwind(Box::new("oops")));
    }
    scope.wait();
    scope.frame.store(false, Ordering::Relaxed);
    // None, unless the scope has forgotten them.
    while let Some(thread) = scope.threads.with(Vec::pop) {
        thread.join().unwrap();
    }
}

#[test]
fn a_scope_by_hand_holds_and_its_twins_do_not() {
    holds(1_000, || teardown_by_hand(false, Without::Nothing));
    holds(2_000, || teardown_by_hand(true, Without::Nothing));
    is_found(
        "scope teardown",
        "the owner looks again when the threads that it knew have ended",
        "outlived its scope",
        || teardown_by_hand(false, Without::LookingAgain),
    );
    is_found(
        "scope teardown",
        "the first panic stops the siblings",
        "deadlock",
        || teardown_by_hand(true, Without::StoppingTheSiblings),
    );
    is_found(
        "scope teardown",
        "all are waited for, after a panic too",
        "outlived its scope",
        || teardown_by_hand(true, Without::WaitingAfterAPanic),
    );
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
    holds(1_000, || {
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
    holds(2_000, || {
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
fn an_err_that_is_not_joined_fails_the_test_body() {
    fails("thread `parser` returned an error: invalid digit", || {
        let worker = Thread::new(|| "x".parse::<u32>()).name("parser");
        worker.report_errors().start().wait();
    });
}
