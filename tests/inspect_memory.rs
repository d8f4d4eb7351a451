//! Notes about locks and threads take memory for the places of a program, and none for objects that come and go.

#![cfg(any(debug_assertions, feature = "explore"))]

#[path = "support/allocated.rs"]
mod allocated;
mod support;

use std::sync::Arc;

use allocated::in_use;
use support::bounded;
use threadkit::{Lock, RwLock, ThreadPool, inspect, wait_all};

/// The memory that may remain after any number of objects: tables with room for the places of this file, and what other
/// parts keep.
const LIMIT: isize = 512 << 10;

/// Runs `part` ten times, each within a limit; fails if the last nine leave memory behind.
fn leaves_nothing(what: &str, part: impl Fn() + Clone + Send + 'static) {
    bounded(part.clone());
    let before = in_use();
    for _ in 1..10 {
        bounded(part.clone());
    }
    let grown = in_use() - before;
    println!("{what}: {grown} bytes more");
    assert!(grown < LIMIT, "{what}: {grown} bytes stay");
}

/// One test, because whatever else runs in the process allocates too.
#[test]
fn locks_and_threads_that_come_and_go_leave_nothing_behind() {
    inspect::record_contention(true);
    leaves_nothing("locks under each other", || {
        for number in 0..20_000 {
            let locks = [number, number + 1].map(Lock::new);
            let (first, second) = (locks[number % 2].acquire(), locks[1 - number % 2].acquire());
            assert_eq!(*first + *second, 2 * number + 1);
        }
    });
    leaves_nothing("locks of several kinds", || {
        let outer = Lock::new(0);
        for number in 0..10_000 {
            let (lock, table) = (Lock::<usize>::default(), RwLock::new(number));
            let mut outer = outer.acquire();
            let (read, held) = (table.read(), lock.acquire());
            *outer += *read + *held;
        }
    });
    let locks = Arc::new([0, 0, 0].map(Lock::new));
    let shared = Arc::clone(&locks);
    leaves_nothing("threads", move || {
        for number in 0..200 {
            let locks = Arc::clone(&shared);
            let thread = threadkit::spawn(move || {
                let mut first = locks[number % 2].acquire();
                let mut second = locks[2].acquire();
                *first += 1;
                *second += 1;
            });
            thread.join().unwrap();
        }
    });
    let shared = Arc::clone(&locks);
    let pool = Arc::new(ThreadPool::new(2));
    leaves_nothing("tasks", move || {
        for number in 0..100 {
            let tasks = (0..5).map(|task| {
                let locks = Arc::clone(&shared);
                pool.submit(move || {
                    let mut first = locks[(number + task) % 2].acquire();
                    *first += *locks[2].acquire();
                })
            });
            wait_all(tasks.collect::<Vec<_>>());
        }
    });
    leaves_nothing("threads that threadkit does not know", move || {
        for _ in 0..50 {
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let _first = locks[0].acquire();
                    let _second = locks[2].acquire();
                });
            });
        }
    });
    inspect::record_contention(false);
    assert!(inspect::order_violations().is_empty());
}
