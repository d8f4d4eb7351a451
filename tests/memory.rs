//! What pending items, tasks and timers cost in memory: their payload and a stated constant.

#[path = "support/allocated.rs"]
mod allocated;
mod support;

use std::mem::size_of;
use std::time::Duration;

use allocated::{in_use, most_during};
use support::bounded;
use threadkit::{LifoQueue, PriorityQueue, Queue, ThreadPool, Timer, stop_token};

const MILLION: usize = 1_000_000;

/// What one of that many items costs beside its payload, in bytes, while the result of `make` lives. Fails if that is
/// more than `limit`.
fn costs_at_most<T>(
    what: &str,
    limit: f64,
    count: usize,
    payload: usize,
    make: impl FnOnce() -> T,
) -> T {
    let before = in_use();
    let made = make();
    let grown = in_use() - before;
    let each = grown as f64 / count as f64 - payload as f64;
    println!("{what}: {payload} bytes of payload, and {each:.1} more");
    assert!(
        each >= -0.1,
        "{what}: {each:.1} bytes less than its payload were counted"
    );
    assert!(
        each <= limit,
        "{what}: {each:.1} bytes beside its payload, and not {limit}"
    );
    made
}

/// A size that is no power of two, and not the size at which a vector happens to be full.
type Item = [u64; 3];

/// One test, because whatever else runs in the process allocates too.
#[test]
fn a_million_pending_cost_their_payload_and_a_constant() {
    bounded(|| {
        costs_at_most("an empty Queue", 1024.0, 100, 0, || {
            (0..100)
                .map(|_| Queue::<u64>::unbounded())
                .collect::<Vec<_>>()
        });
        let payload = size_of::<Item>();
        let queue = Queue::unbounded();
        costs_at_most("an item of a Queue", 0.5, MILLION, payload, || {
            (0..MILLION).for_each(|n| queue.put([n as u64; 3]).unwrap());
        });
        assert_eq!((queue.len(), queue.drain().len()), (MILLION, MILLION));

        // One block of memory that doubles: up to as much again is room for more.
        let stack = LifoQueue::unbounded();
        costs_at_most(
            "an item of a LifoQueue",
            payload as f64,
            MILLION,
            payload,
            || {
                (0..MILLION).for_each(|n| stack.put([n as u64; 3]).unwrap());
            },
        );
        assert_eq!(stack.drain().len(), MILLION);
        let heap = PriorityQueue::unbounded();
        let limit = (payload + 2 * size_of::<u64>()) as f64;
        costs_at_most(
            "an item of a PriorityQueue",
            limit,
            MILLION,
            payload,
            || {
                (0..MILLION).for_each(|n| heap.put([n as u64; 3]).unwrap());
            },
        );
        assert_eq!(heap.drain().len(), MILLION);
    });
    bounded(|| {
        let payload = size_of::<Item>();
        let pool = ThreadPool::new(1);
        let busy = pool.submit(|| stop_token().wait());
        let task = |n: usize| {
            let body = [n as u64; 3];
            move || assert_ne!(body[0], u64::MAX)
        };
        costs_at_most("a task without a handle", TASK, MILLION, payload, || {
            (0..MILLION).for_each(|n| drop(pool.submit(task(n))));
        });
        assert_eq!(pool.shutdown_now().len(), MILLION);
        busy.join().unwrap();
    });
    bounded(|| {
        let timers = 100_000;
        let kept = costs_at_most("a timer", TIMER, timers, 0, || {
            let after = |n: usize| Duration::from_secs(3600) + Duration::from_nanos(n as u64);
            (0..timers)
                .map(|n| Timer::after(after(n), || ()))
                .collect::<Vec<_>>()
        });
        assert!(kept.into_iter().all(|timer| timer.cancel()));
    });
    bounded(|| {
        let pool = ThreadPool::new(2);
        let before = in_use();
        let items = if cfg!(debug_assertions) {
            MILLION
        } else {
            10 * MILLION
        };
        let (sum, most) = most_during(|| {
            pool.map(0_u64.., |n| n ^ 1)
                .take(items)
                .fold(0, u64::wrapping_add)
        });
        assert_eq!(sum, (0..items as u64).sum());
        let most = most - before;
        println!("an infinite map over {items} items: {most} bytes at most");
        assert!(most < 8 << 20, "an infinite map took {most} bytes");
    });
}

/// What a task costs beside its body while it is pending, in bytes; the docs of `ThreadPool` state it.
/// Debug builds note what comes before it as well, and builds that explore where it was made.
const TASK: f64 = 105.0
    + 16.0
    + if cfg!(debug_assertions) { 16.0 } else { 0.0 }
    + if cfg!(feature = "explore") { 24.0 } else { 0.0 };

/// What a timer costs, its handle included, where the list of them is as good as full; the docs of `Timer` state it.
const TIMER: f64 = 220.0;
