//! Tasks that begin after a time.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use support::{LONG, bounded, occupy};
use threadkit::{TaskError, ThreadPool, WhenFull, spawn, wait_any};

const DAY: Duration = Duration::from_secs(86_400);

/// Counts how often it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn it_runs_on_the_pool_and_never_early() {
    bounded(|| {
        let pool = ThreadPool::builder(1).name("jobs").build();
        let (begun, delay) = (Instant::now(), Duration::from_millis(20));
        let task = pool.submit_after(delay, || (Instant::now(), threadkit::current().name()));
        assert!(!task.is_running());
        assert_eq!((pool.pending(), pool.threads()), (1, 0));
        let (ran, thread) = task.join().unwrap();
        assert!(ran >= begun + delay);
        assert_eq!(&*thread, "jobs-1");
        assert_eq!(pool.pending(), 0);
    });
}

#[test]
fn without_a_delay_it_runs_at_once() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let tasks: Vec<_> = (0..500)
            .map(|n| pool.submit_after(Duration::ZERO, move || n))
            .collect();
        let sum: u32 = tasks.into_iter().map(|task| task.join().unwrap()).sum();
        assert_eq!(sum, (0..500).sum());
    });
}

#[test]
fn cancelled_in_time_it_never_runs_and_lets_go_of_what_it_has() {
    let (pool, dropped) = (ThreadPool::new(1), Arc::new(AtomicUsize::new(0)));
    for delay in [DAY, Duration::MAX] {
        let capture = Counted(Arc::clone(&dropped));
        let task = pool.submit_after(delay, move || drop(capture));
        let before = dropped.load(Ordering::SeqCst);
        assert!(task.cancel() && !task.cancel());
        assert_eq!(dropped.load(Ordering::SeqCst), before + 1);
        assert!(task.join().unwrap_err().is_cancelled());
        assert_eq!(pool.pending(), 0);
    }
}

#[test]
fn a_shutdown_a_drop_and_a_cancellation_of_all_cancel_it() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let first = pool.submit_after(DAY, || 1);
        assert_eq!(pool.cancel_pending(), 1);
        assert!(first.join().unwrap_err().is_cancelled());

        let second = pool.submit_after(DAY, || 1);
        pool.shutdown();
        assert!(second.join().unwrap_err().is_cancelled());
        let late = pool.submit_after(DAY, || 1);
        assert!(matches!(late.join(), Err(TaskError::Broken(_))));

        let pool = ThreadPool::new(1);
        let third = pool.submit_after(DAY, || 1);
        assert!(pool.shutdown_now().is_empty(), "its time has not come");
        assert!(third.join().unwrap_err().is_cancelled());

        let pool = ThreadPool::new(1);
        let (busy, fourth) = (occupy(&pool), pool.submit_after(DAY, || 1));
        let follows = fourth.then(|n| n + 1);
        let closer = spawn(move || drop(pool));
        assert!(follows.join().unwrap_err().is_cancelled());
        busy.stop();
        closer.join().unwrap();
    });
}

#[test]
fn a_broken_pool_breaks_it() {
    bounded(|| {
        let pool = ThreadPool::builder(1)
            .initializer(|| panic!("no database"))
            .build();
        let task = pool.submit_after(DAY, || 1);
        assert!(pool.submit(|| 1).join().is_err());
        let error = task.join().unwrap_err();
        assert!(error.to_string().contains("no database"), "{error}");
    });
}

#[test]
fn a_full_backlog_does_not_keep_it_out() {
    bounded(|| {
        let pool = ThreadPool::builder(1).backlog(1, WhenFull::Refuse).build();
        let busy = occupy(&pool);
        let waits = pool.submit(|| 1);
        let task = pool.submit_after(Duration::from_millis(1), || 2);
        assert!(!task.wait_timeout(Duration::from_millis(20)));
        busy.stop();
        assert_eq!(waits.join().unwrap() + task.join().unwrap(), 3);
    });
}

#[test]
fn its_panic_and_its_stop_are_those_of_a_task() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let fails = pool.submit_after(Duration::ZERO, || -> u32 { panic!("out of cheese") });
        assert!(
            fails
                .join()
                .unwrap_err()
                .to_string()
                .ends_with("out of cheese")
        );

        let task = pool.submit_after(Duration::from_millis(5), || {
            threadkit::stop_token().is_stopped()
        });
        assert!(
            task.stop(),
            "it begins nevertheless, and finds its token stopped"
        );
        assert!(task.join().unwrap());
    });
}

#[test]
fn a_worker_that_waits_for_one_lends_its_place_until_its_time() {
    bounded(|| {
        for max_threads in [1, 10] {
            let pool = Arc::new(ThreadPool::builder(1).max_threads(max_threads).build());
            let own = Arc::clone(&pool);
            let outer = pool.submit(move || {
                let inner = own.submit_after(Duration::from_millis(5), || 42);
                wait_any([&inner]);
                inner.join().unwrap()
            });
            assert!(outer.wait_timeout(LONG), "{pool:?}");
            assert_eq!(outer.join().unwrap(), 42);
        }
    });
}

#[test]
fn many_run_each_once_unless_they_are_cancelled_in_time() {
    bounded(|| {
        let pool = ThreadPool::new(2);
        let (told, ran) = mpsc::channel();
        let tasks: Vec<_> = (0..2_000_u64)
            .map(|n| {
                let told = told.clone();
                let delay = Duration::from_micros(n % 97 * 50);
                pool.submit_after(delay, move || told.send(n).unwrap())
            })
            .collect();
        drop(told);
        let mut expected = Vec::new();
        for (n, task) in tasks.into_iter().enumerate() {
            if n % 3 != 0 || !task.cancel() {
                task.join().unwrap();
                expected.push(n as u64);
            }
        }
        let mut ran: Vec<_> = ran.iter().collect();
        ran.sort_unstable();
        assert_eq!(ran, expected);
        assert_eq!(pool.pending(), 0);
    });
}
