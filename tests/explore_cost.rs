//! What a run costs: prints the rows of the table on the page `cost`.
//!
//! Without `--release` it only makes sure that the bodies hold.

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::bounded;
use threadkit::atomic::AtomicU32;
use threadkit::atomic::Ordering::Relaxed;
use threadkit::explore::Explorer;
use threadkit::{Condition, Lock, Queue, join_all, spawn};

/// The page that has the table.
const PAGE: &str = include_str!("../threadkit/src/explore/cost.md");

/// How many schedules are measured.
const RUNS: u64 = if cfg!(debug_assertions) { 20 } else { 2_000 };

/// Starts that many threads, and joins them.
fn all<T: Send + Sync + 'static>(shared: T, threads: usize, body: fn(&T)) {
    let shared = Arc::new(shared);
    let threads: Vec<_> = (0..threads)
        .map(|_| {
            let shared = Arc::clone(&shared);
            spawn(move || body(&shared))
        })
        .collect();
    join_all(threads).unwrap();
}

fn add(threads: usize, times: fn(&AtomicU32)) {
    all(AtomicU32::new(0), threads, times);
}

fn acquire(threads: usize, times: fn(&Lock<u32>)) {
    all(Lock::new(0), threads, times);
}

fn wait_for_a_condition(waiters: usize) {
    let shared = Arc::new((Lock::new(false), Condition::new()));
    let threads: Vec<_> = (0..waiters)
        .map(|_| {
            let shared = Arc::clone(&shared);
            spawn(move || {
                let (lock, condition) = &*shared;
                let mut is_set = lock.acquire();
                condition.wait_while(&mut is_set, |is_set| !*is_set);
            })
        })
        .collect();
    *shared.0.acquire() = true;
    shared.1.notify_all();
    join_all(threads).unwrap();
}

fn put_into_a_queue(producers: usize) {
    let queue = Arc::new(Queue::bounded(1));
    let threads: Vec<_> = (0..producers)
        .map(|n| {
            let queue = Arc::clone(&queue);
            spawn(move || queue.put(n).unwrap())
        })
        .collect();
    for _ in 0..producers {
        queue.get().unwrap();
    }
    join_all(threads).unwrap();
}

const BODIES: &[(&str, fn())] = &[
    ("two threads that add twice to an atomic", || {
        add(2, |n| (0..2).for_each(|_| _ = n.fetch_add(1, Relaxed)));
    }),
    ("two threads that acquire a `Lock` twice", || {
        acquire(2, |n| (0..2).for_each(|_| *n.acquire() += 1));
    }),
    ("four threads that acquire a `Lock` three times", || {
        acquire(4, |n| (0..3).for_each(|_| *n.acquire() += 1));
    }),
    ("four waiters of a `Condition`", || wait_for_a_condition(4)),
    ("four threads that put into a `Queue` of one place", || {
        put_into_a_queue(4);
    }),
    ("twelve threads that add five times to an atomic", || {
        add(12, |n| (0..5).for_each(|_| _ = n.fetch_add(1, Relaxed)));
    }),
    ("twelve threads that acquire a `Lock` three times", || {
        acquire(12, |n| (0..3).for_each(|_| *n.acquire() += 1));
    }),
    ("twelve waiters of a `Condition`", || {
        wait_for_a_condition(12);
    }),
];

/// How many schedules there are in a second of processor time, which other programs do not change as much as the clock.
fn speed(explorer: Explorer, body: fn()) -> f64 {
    let before = processor_time();
    let report = explorer
        .runs(RUNS)
        .time_limit(Duration::from_secs(100))
        .check(body);
    let time = processor_time() - before;
    assert_eq!(report.runs(), RUNS);
    RUNS as f64 / time.as_secs_f64()
}

/// What all threads of this process have used.
#[cfg(unix)]
fn processor_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer leads to a `timespec` of this function, which the call fills.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0, "the system has this clock");
    Duration::new(
        time.tv_sec.try_into().unwrap(),
        time.tv_nsec.try_into().unwrap(),
    )
}

#[cfg(not(unix))]
fn processor_time() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

#[test]
fn every_body_of_the_table_is_measured() {
    bounded(|| {
        for (name, body) in BODIES {
            let name = format!("| {name} |");
            let threads = speed(Explorer::new(), *body);
            // SAFETY: the bodies use no thread-local, and the panic hook does not wait.
            let coroutines = speed(unsafe { Explorer::new().coroutines() }, *body);
            // On a line of its own, whatever the test runner has printed so far.
            println!("\n{name} {threads:.0} | {coroutines:.0} |");
            assert!(PAGE.contains(&name), "a row of cost.md is missing: {name}");
        }
    });
}
