//! Nothing is left in memory of threads that have ended and of waits that are over.

#[path = "support/allocated.rs"]
mod allocated;
mod support;

use std::sync::Arc;
use std::time::Duration;

use allocated::in_use;
use support::{bounded, eventually};
use threadkit::{Barrier, Lock, Thread, ThreadPool, active_count, current, spawn, stop_token};

/// Runs `f` three hundred times to warm up and then six hundred times, and fails if memory has grown by more than a few
/// bytes for each of the latter.
fn leaves_nothing(what: &str, once: impl Fn()) {
    let settled = || {
        eventually("only this thread and `main` are left", || {
            active_count() <= 2
        });
        in_use()
    };
    let times = |n| (0..n).for_each(|_| once());
    times(300);
    let before = settled();
    times(600);
    // A detached thread ends a little after it has left the list.
    let limit = 8_000;
    eventually(what, || settled() - before < limit);
    println!("{what}: {} bytes after 600 times", settled() - before);
}

/// Lets more threads wait at one time, each with a lock, than any other part of the test does.
///
/// A debug build notes what threads hold and wait for, in tables that keep their room for the next threads. How much room
/// they have taken depends on which threads wait at one time, so here all of it is taken.
fn fill_the_tables_of_facts() {
    const THREADS: usize = 200;
    bounded(|| {
        let all_hold = Arc::new(Barrier::new(THREADS));
        let threads = [(); THREADS].map(|()| {
            let all_hold = Arc::clone(&all_hold);
            spawn(move || {
                let lock = Lock::new(());
                let _held = lock.acquire();
                all_hold.wait().unwrap();
            })
        });
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// How much of the process is in memory, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> i64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("the system tells");
    let pages = text.split(' ').nth(1).expect("the second number");
    pages.parse::<i64>().expect("a number") * 4096
}

#[cfg(not(target_os = "linux"))]
fn resident() -> i64 {
    0
}

/// Starts a million threads in a release build, half of them joined and half detached, from two threads
/// at a time. What is left is compared with what was there after the first tenth.
fn a_million_starts_leave_nothing() {
    const STARTS: u64 = if cfg!(debug_assertions) {
        20_000
    } else {
        1_000_000
    };
    let start_a_tenth = || {
        bounded(|| {
            let starters = [(); 2].map(|()| {
                std::thread::spawn(|| {
                    for _ in 0..STARTS / 10 / 4 {
                        spawn(|| ()).join().unwrap();
                        let detached = spawn(|| ());
                        // The test starts threads no faster than they end: the system has room for some ten thousand.
                        detached.wait();
                    }
                })
            });
            for starter in starters {
                starter.join().unwrap();
            }
        });
        eventually("only `main` is left", || active_count() <= 1);
    };
    start_a_tenth();
    let (before, resident_before) = (in_use(), resident());
    (1..10).for_each(|_| start_a_tenth());
    let grown = || in_use() - before;
    eventually("the last detached thread has gone", || grown() < 8_000);
    let resident = resident() - resident_before;
    println!(
        "{STARTS} starts: {} bytes in use, {resident} bytes resident, more than after a tenth",
        grown()
    );
    // The memory of the allocator varies by some pages; a leaked byte for each start would be a megabyte.
    assert!(resident < 900_000, "{resident} bytes more are resident");
}

/// One test, because whatever else runs in the process allocates too.
#[test]
fn nothing_is_left_behind() {
    fill_the_tables_of_facts();
    bounded(|| {
        leaves_nothing("a thread that is joined", || spawn(|| ()).join().unwrap());
        leaves_nothing("a thread that is detached", || {
            let thread = Thread::new(|| vec![0_u8; 100]).name("with a name").start();
            let seen = thread.thread().clone();
            drop(thread);
            eventually("it ends", || !seen.is_alive());
        });
        leaves_nothing("a panic that is not joined", || {
            // The hook would print six hundred times.
            let thread = spawn(|| std::panic::resume_unwind(Box::new([0_u8; 100])));
            thread.wait();
        });
        leaves_nothing("a start that is refused", || {
            let text = "x".repeat(100);
            drop(Thread::new(move || text).stack_size(usize::MAX).try_start());
        });
        leaves_nothing("a foreign thread", || {
            std::thread::spawn(|| drop(current())).join().unwrap();
        });
    });
    bounded(|| {
        let forever = spawn(|| stop_token().wait());
        let source = threadkit::StopSource::new();
        let (token, lock) = (source.token(), Arc::new(Lock::new(())));
        let leaves = |what: &str, once: &dyn Fn()| {
            (0..500).for_each(|_| once());
            let before = in_use();
            (0..2000).for_each(|_| once());
            let grown = in_use() - before;
            println!("{what}: {grown} bytes after 2000 times");
            assert!(grown < 16_000, "{what} has left {grown} bytes behind");
        };
        leaves("a wait that times out", &|| {
            assert!(!forever.wait_timeout(Duration::ZERO));
            assert!(!token.wait_timeout(Duration::from_nanos(1)));
        });
        leaves("a wait with a token", &|| {
            assert!(forever.wait_until((Duration::ZERO, &token)).is_err());
        });
        leaves("a wait that is stopped", &|| {
            let own = threadkit::StopSource::new();
            own.stop();
            assert!(forever.wait_until(&own.token()).is_err());
        });
        leaves("a lock that is tried and waited for", &|| {
            let _held = lock.acquire();
            assert!(lock.try_acquire().is_none());
            assert!(lock.acquire_timeout(Duration::ZERO).is_err());
        });
        let pool = Arc::new(ThreadPool::builder(1).build());
        leaves("a task that another runs while it waits for it", &|| {
            let own = Arc::clone(&pool);
            let outer = pool.submit(move || own.submit(|| ()).join());
            outer.join().unwrap().unwrap();
        });
        leaves("tasks that follow others", &|| {
            let (promise, task) = pool.promise();
            let last = task.then(|n: u32| n + 1).then(|n| n + 1);
            promise.set(1).unwrap();
            assert_eq!(last.join().unwrap(), 3);
        });
        leaves("a task that follows another and is cancelled", &|| {
            let (promise, task) = pool.promise::<u32>();
            assert!(task.then(|n| n + 1).cancel());
            drop(promise);
        });
        leaves("a promise that is dropped, and what follows it", &|| {
            let (promise, task) = pool.promise::<u32>();
            let last = task.then(|n| n + 1);
            drop(promise);
            assert!(last.join().is_err());
        });
        leaves("a task of which many have the result", &|| {
            let task = pool.submit(|| vec![0_u8; 100]).shared();
            drop(task.clone());
            assert_eq!(task.join().unwrap().len(), 100);
        });
        leaves("a wait until a pool is idle", &|| {
            pool.submit(|| ());
            pool.wait_idle();
            pool.submit(|| ());
            _ = pool.wait_idle_timeout(Duration::from_nanos(1));
        });
        forever.stop();
        forever.join().unwrap();
    });
    a_million_starts_leave_nothing();
    // Last, because the timers' thread stays.
    bounded(|| {
        let pool = ThreadPool::new(1);
        let delayed = || {
            let task = pool.submit_after(Duration::from_secs(3600), || ());
            assert!(task.cancel());
        };
        (0..500).for_each(|_| delayed());
        let before = in_use();
        (0..2000).for_each(|_| delayed());
        let grown = in_use() - before;
        assert!(
            grown < 16_000,
            "a task whose time has not come has left {grown} bytes behind"
        );
    });
}
