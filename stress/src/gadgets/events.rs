//! Threads that wait for each other in a row, and callbacks of stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use threadkit::{Condition, Event, Lock, RLock, StopSource, lock_all, scope, spawn};

pub fn event_chain(length: usize, waiters: usize) {
    let events: Vec<_> = (0..=length).map(|_| Event::new()).collect();
    scope(|s| {
        for at in 0..length {
            for waiter in 0..waiters {
                let events = &events;
                drop(s.spawn(move || {
                    events[at].wait();
                    if waiter == 0 {
                        events[at + 1].set();
                    }
                }));
            }
        }
        events[0].set();
        events[length].wait();
    });
}

/// A condition releases all levels of a reentrant lock.
pub fn outermost(waiters: usize, levels: usize) {
    let (ready, changed) = (RLock::new(std::cell::Cell::new(false)), Condition::new());
    scope(|s| {
        for _ in 0..waiters {
            drop(s.spawn(|| {
                let mut guard = ready.acquire();
                changed.wait_while(&mut guard.outermost(), |ready| !ready.get());
                assert!(guard.get());
            }));
        }
        let guards: Vec<_> = (0..levels).map(|_| ready.acquire()).collect();
        guards[0].set(true);
        changed.notify_all();
    });
}

/// Each callback of a stop runs once, or was withdrawn.
pub fn on_stop(callbacks: usize, withdrawn: usize) {
    let (source, runs) = (StopSource::new(), Arc::new(AtomicUsize::new(0)));
    let register = || {
        let runs = Arc::clone(&runs);
        source.token().on_stop(move || {
            runs.fetch_add(1, Relaxed);
        })
    };
    let kept: Vec<_> = (0..callbacks).map(|_| register()).collect();
    let gone: Vec<_> = (0..withdrawn).map(|_| register()).collect();
    let dropper = spawn(move || drop(gone));
    assert!(source.stop());
    dropper.join().unwrap();
    drop(kept);
    let runs = runs.load(Relaxed);
    assert!(
        (callbacks..=callbacks + withdrawn).contains(&runs),
        "{runs} of {callbacks} callbacks"
    );
}

/// All of two locks at once, in whatever order they are named.
pub fn all_locks(threads: usize, rounds: usize) {
    let (left, right) = (Lock::new(0), Lock::new(0));
    scope(|s| {
        for thread in 0..threads {
            let (left, right) = (&left, &right);
            drop(s.spawn(move || {
                for _ in 0..rounds {
                    let (mut one, mut other) = match thread % 2 {
                        0 => lock_all((left, right)),
                        _ => lock_all((right, left)),
                    };
                    *one += 1;
                    *other += 1;
                }
            }));
        }
    });
    assert_eq!(
        (left.into_inner(), right.into_inner()),
        (threads * rounds, threads * rounds)
    );
}
