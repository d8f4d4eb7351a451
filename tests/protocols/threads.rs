//! Results of threads and the supervisor under thousands of schedules, each beside a bad twin: a small copy, built
//! from public pieces, in which one step is missing and which must be found out.

#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use support::explored::{holds, is_found};
use threadkit::{Lock, StopSource, Supervisor, ThreadPool, sleep, spawn};

/// A point at which another thread may run.
fn pause() {
    sleep(Duration::ZERO);
}

/// Waits for the end of a thread that is detached.
fn gone(thread: &threadkit::ThreadRef) {
    while thread.is_alive() {
        sleep(Duration::from_millis(1));
    }
}

/// The slot for a result, as the library has it. `at_once` says whether looking and leaving the result is one step.
struct Packet {
    parcel: Lock<Parcel>,
    at_once: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Parcel {
    Awaited,
    Unwanted,
    Delivered,
}

impl Packet {
    /// Returns whether the outcome has come back.
    fn deliver(&self) -> bool {
        if self.at_once {
            let mut parcel = self.parcel.acquire();
            let awaited = *parcel == Parcel::Awaited;
            if awaited {
                *parcel = Parcel::Delivered;
            }
            !awaited
        } else {
            let awaited = *self.parcel.acquire() == Parcel::Awaited;
            if awaited {
                *self.parcel.acquire() = Parcel::Delivered;
            }
            !awaited
        }
    }

    /// Returns whether there was an outcome.
    fn renounce(&self) -> bool {
        std::mem::replace(&mut *self.parcel.acquire(), Parcel::Unwanted) == Parcel::Delivered
    }
}

fn hand_over(at_once: bool) {
    let packet = Arc::new(Packet {
        parcel: Lock::new(Parcel::Awaited),
        at_once,
    });
    let other = Arc::clone(&packet);
    let thread = spawn(move || other.deliver());
    let found = packet.renounce();
    let came_back = thread.join().unwrap();
    assert!(found != came_back, "the outcome has no owner, or several");
}

#[test]
fn a_result_has_one_owner_whichever_thread_is_first() {
    /// Reports its end when dropped.
    struct Tells(StopSource, Arc<AtomicU64>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.stop();
        }
    }
    holds(3_000, || {
        let (dropped, count) = (StopSource::new(), Arc::new(AtomicU64::new(0)));
        let value = Tells(dropped.clone(), Arc::clone(&count));
        let thread = spawn(move || value);
        let seen = thread.thread().clone();
        pause();
        drop(thread);
        dropped.token().wait();
        gone(&seen);
        assert_eq!(count.load(Ordering::Relaxed), 1);
    });
    holds(2_000, || {
        let (dropped, count) = (StopSource::new(), Arc::new(AtomicU64::new(0)));
        let value = Tells(dropped, Arc::clone(&count));
        let value = spawn(move || value).join().unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 0);
        drop(value);
        assert_eq!(count.load(Ordering::Relaxed), 1);
    });
    holds(1_000, || hand_over(true));
    is_found(
        "results",
        "looking and leaving are one step",
        "has no owner",
        || hand_over(false),
    );
}

#[test]
fn a_supervisor_that_is_stopped_at_any_moment_ends() {
    holds(1000, || {
        let failing = Supervisor::new(|n| move || if n < 2 { Err("no") } else { Ok(()) })
            .pauses(Duration::from_secs(3600), Duration::from_secs(3600))
            .on_failure(|_| ());
        let pool = ThreadPool::new(1);
        let task = pool.submit(failing);
        task.stop();
        if let Err(error) = task.join().unwrap() {
            assert!(error.is_stopped());
        }
    });
}
