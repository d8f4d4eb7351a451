//! The end of `main` and a stop of all threads under many schedules, each beside twins that lack a step.
//!
//! A stop of all cannot be taken back, and an exit guard waits for all threads of the process. So the
//! first is explored as a small copy only, and no two tests of this file run at the same time.

#[path = "../support/mod.rs"]
mod support;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use support::explored::{holds, is_found};
use threadkit::atomic::AtomicBool;
use threadkit::atomic::Ordering::SeqCst;
use threadkit::{Event, Lock, StopSource, ThreadPool, exit_guard, spawn};

/// No other test runs while this is held.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a pool whose owner outlives the guard. Its idle worker must leave all the same.
fn pool_beside_a_guard(use_it: fn(&ThreadPool)) {
    let kept = Arc::new(Lock::new(None));
    let maker = spawn({
        let kept = Arc::clone(&kept);
        move || {
            let pool = ThreadPool::new(1);
            use_it(&pool);
            *kept.acquire() = Some(pool);
        }
    });
    drop(exit_guard());
    maker.join().unwrap();
    let pool = kept.acquire().take().unwrap();
    // It still works.
    assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
}

#[test]
fn an_end_dismisses_every_pool_whenever_it_is_made() {
    let _alone = alone();
    holds(1000, || {
        pool_beside_a_guard(|pool| pool.submit(|| ()).join().unwrap())
    });
    holds(500, || pool_beside_a_guard(|pool| drop(pool.submit(|| ()))));
    holds(500, || {
        let guards = [(); 2].map(|()| spawn(|| drop(exit_guard())));
        pool_beside_a_guard(|pool| pool.submit(|| ()).join().unwrap());
        threadkit::join_all(guards).unwrap();
    });
}

/// The step that a copy of a protocol lacks.
#[derive(Clone, Copy, PartialEq)]
enum Lacks {
    Nothing,
    /// A registration adds and looks in one step.
    RegistersAtOnce,
    /// Ends are counted.
    Counts,
    /// A guard waits for threads that begin later.
    Order,
    /// The end is noted before the list is read.
    NotesFirst,
}

/// The end of `main` and what it dismisses.
#[derive(Default)]
struct Ends {
    under_way: usize,
    listeners: Vec<Arc<Event>>,
}

fn end(ends: &Lock<Ends>, lacks: Lacks, wait: impl FnOnce()) {
    let listeners = {
        let mut ends = ends.acquire();
        ends.under_way = match lacks {
            Lacks::Counts => 1,
            _ => ends.under_way + 1,
        };
        ends.listeners.clone()
    };
    listeners.iter().for_each(|listener| {
        listener.set();
    });
    wait();
    let mut ends = ends.acquire();
    ends.under_way = match lacks {
        Lacks::Counts => 0,
        _ => ends.under_way - 1,
    };
}

/// A pool is made while one end or two are under way, each of which waits for its worker.
fn dismissal(ends: usize, lacks: Lacks) {
    let shared = Arc::new(Lock::<Ends>::default());
    let worker = Arc::new(Event::new());
    let maker = spawn({
        let (shared, worker) = (Arc::clone(&shared), Arc::clone(&worker));
        move || {
            let dismissed = Arc::new(Event::new());
            let seen = shared.acquire().under_way > 0;
            let is_ending = {
                let mut ends = shared.acquire();
                ends.listeners.push(Arc::clone(&dismissed));
                match lacks {
                    Lacks::RegistersAtOnce => seen,
                    _ => ends.under_way > 0,
                }
            };
            if is_ending {
                dismissed.set();
            }
            // The idle worker.
            dismissed.wait();
            worker.set();
        }
    });
    let others: Vec<_> = (1..ends)
        .map(|_| {
            let shared = Arc::clone(&shared);
            spawn(move || end(&shared, lacks, || ()))
        })
        .collect();
    end(&shared, lacks, || worker.wait());
    threadkit::join_all(others).unwrap();
    maker.join().unwrap();
}

#[test]
fn a_pool_that_registers_during_the_end_is_dismissed() {
    let _alone = alone();
    holds(1000, || dismissal(1, Lacks::Nothing));
    holds(1000, || dismissal(2, Lacks::Nothing));
    is_found(
        "end of `main`",
        "a registration adds and looks in one step",
        "deadlock",
        || dismissal(1, Lacks::RegistersAtOnce),
    );
    is_found(
        "end of `main`",
        "ends that overlap are counted",
        "deadlock",
        || dismissal(2, Lacks::Counts),
    );
}

/// Threads drop a guard at the same time, each of which waits for the end of the others.
fn guards(lacks: Lacks) {
    let shared = Arc::new((Lock::new(Vec::new()), [(); 3].map(|()| Event::new())));
    let threads: Vec<_> = (0..3)
        .map(|me| {
            let shared = Arc::clone(&shared);
            spawn(move || {
                let (under_way, ended) = &*shared;
                let earlier = {
                    let mut under_way = under_way.acquire();
                    under_way.push(me);
                    under_way.clone()
                };
                for (other, ended) in ended.iter().enumerate() {
                    if other != me && (lacks == Lacks::Order || !earlier.contains(&other)) {
                        ended.wait();
                    }
                }
                ended[me].set();
            })
        })
        .collect();
    threadkit::join_all(threads).unwrap();
}

#[test]
fn threads_that_drop_a_guard_at_the_same_time_do_not_wait_for_each_other() {
    let _alone = alone();
    holds(500, || guards(Lacks::Nothing));
    is_found(
        "end of `main`",
        "a guard waits for those that begin later",
        "deadlock",
        || guards(Lacks::Order),
    );
}

/// A thread is started while all are stopped. It must get the stop.
fn stop_of_all(lacks: Lacks) {
    let shared = Arc::new((AtomicBool::new(false), Lock::new(Vec::<StopSource>::new())));
    let starter = spawn({
        let shared = Arc::clone(&shared);
        move || {
            let (all_stopped, threads) = &*shared;
            let own = StopSource::new();
            let seen = all_stopped.load(SeqCst);
            threads.acquire().push(own.clone());
            let stopped = match lacks {
                Lacks::RegistersAtOnce => seen,
                _ => all_stopped.load(SeqCst),
            };
            if stopped {
                own.stop();
            }
            own.token().wait();
        }
    });
    let (all_stopped, threads) = &*shared;
    if lacks != Lacks::NotesFirst {
        all_stopped.store(true, SeqCst);
    }
    let list = threads.acquire().clone();
    all_stopped.store(true, SeqCst);
    list.iter().for_each(|source| _ = source.stop());
    starter.join().unwrap();
}

#[test]
fn a_stop_of_all_reaches_a_thread_that_is_starting() {
    let _alone = alone();
    holds(1000, || stop_of_all(Lacks::Nothing));
    is_found(
        "stop of all",
        "a thread is listed before it looks",
        "deadlock",
        || stop_of_all(Lacks::RegistersAtOnce),
    );
    is_found(
        "stop of all",
        "the stop is noted before the list is read",
        "deadlock",
        || stop_of_all(Lacks::NotesFirst),
    );
}
