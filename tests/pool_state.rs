//! What a pool tells about itself, and what can be changed while it runs.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::{LONG, MOMENT, bounded, eventually, occupy, panic_of};
use threadkit::{
    Event, OnDrop, StopSource, ThreadPool, WaitError, WhenFull, spawn, stop_token, wait_any,
};

#[test]
fn a_task_says_whether_it_runs() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        let waits = pool.submit(|| ());
        assert!(busy.is_running() && !busy.is_finished());
        assert!(!waits.is_running() && !waits.is_finished());
        busy.stop();
        waits.wait();
        busy.wait();
        assert!(!busy.is_running() && !waits.is_running());
        let cancelled = pool.submit_after(LONG, || ());
        assert!(!cancelled.is_running() && cancelled.cancel() && !cancelled.is_running());
    });
}

#[test]
fn its_workers_are_its_threads_while_they_live() {
    bounded(|| {
        let pool = ThreadPool::builder(2).name("jobs").build();
        assert!(pool.workers().is_empty());
        let busy = [occupy(&pool), occupy(&pool)];
        eventually("both starts are noted", || pool.workers().len() == 2);
        let workers = pool.workers();
        assert!(workers.iter().all(|worker| worker.is_alive()));
        let mut names: Vec<_> = workers
            .iter()
            .map(|worker| worker.name().to_string())
            .collect();
        names.sort();
        assert_eq!(names, ["jobs-1", "jobs-2"]);
        busy.iter().for_each(|task| _ = task.stop());
        pool.shutdown();
        assert!(pool.workers().is_empty());
        assert!(workers.iter().all(|worker| !worker.is_alive()));
    });
}

#[test]
fn it_says_whether_it_was_shut_down_or_is_broken() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        assert!(!pool.is_shut_down() && !pool.is_broken());
        pool.shutdown();
        assert!(pool.is_shut_down() && !pool.is_broken());

        let pool = ThreadPool::builder(1)
            .initializer(|| panic!("no database"))
            .build();
        assert!(pool.submit(|| ()).join().is_err());
        assert!(pool.is_shut_down() && pool.is_broken());
    });
}

#[test]
fn more_places_are_used_at_once() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let tasks: Vec<_> = (0..4)
            .map(|_| pool.submit(|| stop_token().wait()))
            .collect();
        eventually("one runs", || pool.pending() == 3);
        pool.set_size(3);
        assert_eq!(pool.size(), 3);
        eventually("three run", || pool.pending() == 1);
        assert_eq!(pool.threads(), 3);
        pool.set_size(4);
        eventually("all run", || pool.pending() == 0);
        tasks.iter().for_each(|task| _ = task.stop());
        pool.wait_idle();
    });
}

#[test]
fn fewer_places_let_what_runs_go_on_and_no_more_begin() {
    bounded(|| {
        let pool = ThreadPool::new(3);
        let tasks = [(); 3].map(|()| occupy(&pool));
        let waits = pool.submit(|| stop_token().wait());
        pool.set_size(1);
        tasks[0].stop();
        tasks[0].wait();
        assert!(!waits.wait_timeout(MOMENT));
        assert!(!waits.is_running(), "two run, and one may");
        tasks[1].stop();
        tasks[1].wait();
        assert!(!waits.wait_timeout(MOMENT));
        assert!(!waits.is_running(), "one runs, and one may");
        tasks[2].stop();
        eventually("the last place is free", || waits.is_running());
        waits.stop();
        eventually("threads without a place leave", || pool.threads() == 1);
        assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
    });
}

#[test]
fn idle_threads_without_a_place_leave() {
    bounded(|| {
        let pool = ThreadPool::new(4);
        let tasks = [(); 4].map(|()| occupy(&pool));
        tasks.iter().for_each(|task| _ = task.stop());
        pool.wait_idle();
        assert_eq!(pool.threads(), 4);
        pool.set_size(1);
        eventually("three leave", || pool.threads() == 1);
        pool.set_size(2);
        let tasks = [occupy(&pool), occupy(&pool)];
        tasks.iter().for_each(|task| _ = task.stop());
        pool.shutdown();
    });
}

#[test]
fn a_size_that_cannot_be_is_refused() {
    let pool = ThreadPool::builder(1).max_threads(2).build();
    let message = panic_of(|| pool.set_size(3));
    assert!(
        message.contains("raise `ThreadPoolBuilder::max_threads`"),
        "{message}"
    );
    let message = panic_of(|| pool.set_size(0));
    assert!(message.contains("at least one thread"), "{message}");
    assert_eq!(pool.size(), 1);
}

#[test]
fn what_has_not_begun_is_cancelled_and_what_runs_is_not() {
    bounded(|| {
        let pool = ThreadPool::builder(1).backlog(2, WhenFull::Block).build();
        let busy = occupy(&pool);
        let waiting = [pool.submit(|| 1), pool.submit(|| 2)];
        let later = pool.submit_after(LONG, || 3);
        let submitters = std::thread::scope(|scope| {
            let submitters = [4, 5].map(|n| {
                let pool = &pool;
                scope.spawn(move || pool.submit(move || n))
            });
            assert_eq!(pool.cancel_pending(), 3);
            submitters.map(|submitter| submitter.join().unwrap())
        });
        for task in waiting {
            assert!(task.join().unwrap_err().is_cancelled());
        }
        assert!(later.join().unwrap_err().is_cancelled());
        assert!(busy.is_running() && !busy.wait_timeout(Duration::ZERO));
        busy.stop();
        assert_eq!(submitters.map(|task| task.join().unwrap()), [4, 5]);
        assert_eq!(pool.cancel_pending(), 0);
    });
}

#[test]
fn a_scope_gets_on_with_cancelled_tasks_and_a_map_says_so() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        let error = pool.scope(|scope| {
            let task = scope.submit(|| 1);
            assert_eq!(pool.cancel_pending(), 1);
            task.join().unwrap_err()
        });
        assert!(error.is_cancelled());

        std::thread::scope(|scope| {
            let mapping = scope.spawn(|| pool.map(0..10, |n| n).count());
            eventually("it has submitted", || pool.pending() > 0);
            pool.cancel_pending();
            let payload = mapping.join().unwrap_err();
            let message = payload.downcast::<String>().unwrap();
            assert!(message.contains("were cancelled"), "{message}");
        });
        busy.stop();
    });
}

#[test]
fn a_wait_ends_when_nothing_runs_and_nothing_waits() {
    bounded(|| {
        let pool = ThreadPool::new(2);
        pool.wait_idle();
        assert!(pool.is_idle() && pool.wait_idle_timeout(Duration::ZERO));
        let done = Arc::new(AtomicUsize::new(0));
        for _ in 0..200 {
            let done = Arc::clone(&done);
            pool.submit(move || done.fetch_add(1, Ordering::SeqCst));
        }
        pool.wait_idle();
        assert_eq!(done.load(Ordering::SeqCst), 200);

        let busy = occupy(&pool);
        let source = StopSource::new();
        assert!(!pool.is_idle() && !pool.wait_idle_timeout(Duration::from_millis(2)));
        assert_eq!(
            pool.wait_idle_until(Duration::from_millis(2)),
            Err(WaitError::TimedOut)
        );
        source.stop();
        assert_eq!(
            pool.wait_idle_until(&source.token()),
            Err(WaitError::Stopped)
        );
        busy.stop();
        assert_eq!(pool.wait_idle_until(LONG), Ok(()));
        assert!(pool.is_idle());
        pool.shutdown();
        pool.wait_idle();
    });
}

/// A thread that waits until the pool is idle, and still waits when this returns.
fn idler(pool: &Arc<ThreadPool>) -> threadkit::JoinHandle<()> {
    let (own, entered) = (Arc::clone(pool), Arc::new(Event::new()));
    let enters = Arc::clone(&entered);
    let idler = spawn(move || {
        enters.set();
        own.wait_idle();
    });
    entered.wait();
    assert!(!idler.wait_timeout(Duration::from_millis(5)));
    idler
}

#[test]
fn every_way_of_becoming_idle_ends_the_wait() {
    // A task that ends.
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let busy = occupy(&pool);
        let idlers = [idler(&pool), idler(&pool)];
        busy.stop();
        threadkit::join_all(idlers).unwrap();
    });
    // A task that follows another and is cancelled.
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let (_promise, task) = pool.promise::<u32>();
        let follows = task.then(|n| n + 1);
        let idler = idler(&pool);
        assert!(follows.cancel());
        idler.join().unwrap();
    });
    // One that follows and runs.
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let (promise, task) = pool.promise();
        let follows = task.then(|n: u32| n + 1);
        let idler = idler(&pool);
        promise.set(1).unwrap();
        idler.join().unwrap();
        assert!(follows.is_finished());
    });
    // A task that runs in its submitter.
    bounded(|| {
        let pool = ThreadPool::builder(1).backlog(1, WhenFull::RunInCaller);
        let pool = Arc::new(pool.build());
        let busy = occupy(&pool);
        let waits = pool.submit(|| ());
        let [inside, go_on] = [(); 2].map(|()| Arc::new(Event::new()));
        let guest = spawn({
            let (pool, inside, go_on) =
                (Arc::clone(&pool), Arc::clone(&inside), Arc::clone(&go_on));
            move || {
                let task = pool.submit(move || {
                    inside.set();
                    go_on.wait();
                });
                task.join().unwrap();
            }
        });
        inside.wait();
        busy.stop();
        waits.wait();
        let idler = idler(&pool);
        go_on.set();
        guest.join().unwrap();
        idler.join().unwrap();
        assert!(pool.is_idle());
    });
    // A shutdown that takes out what waits.
    bounded(|| {
        let pool = Arc::new(ThreadPool::builder(1).on_drop(OnDrop::Stop).build());
        let busy = occupy(&pool);
        let waits = pool.submit(|| ());
        let idler = idler(&pool);
        drop(pool.shutdown_now());
        idler.join().unwrap();
        assert!(busy.is_finished() && waits.is_finished());
    });
}

#[test]
fn a_time_that_has_not_come_and_a_promise_do_not_keep_a_pool_busy() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let later = pool.submit_after(LONG, || ());
        let (promise, task) = pool.promise::<()>();
        pool.wait_idle();
        assert!(pool.is_idle());
        assert!(later.cancel());
        promise.set(()).unwrap();
        task.join().unwrap();
    });
}

#[test]
fn a_task_that_waits_until_its_own_pool_is_idle_is_refused() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let task = pool.submit(move || {
            let refused = catch_unwind(AssertUnwindSafe(|| own.wait_idle()));
            (refused.is_err(), own.wait_idle_timeout(Duration::ZERO))
        });
        assert_eq!(task.join().unwrap(), (true, false));
    });
}

#[test]
fn a_worker_of_another_pool_lends_its_place_for_the_wait() {
    bounded(|| {
        let (pool, other) = (Arc::new(ThreadPool::new(1)), Arc::new(ThreadPool::new(1)));
        let needs = {
            let pool = Arc::clone(&pool);
            other.submit(move || pool.submit(|| 7).join().unwrap())
        };
        let own = Arc::clone(&other);
        let outer = pool.submit(move || own.wait_idle());
        wait_any([&outer]);
        outer.join().unwrap();
        assert_eq!(needs.join().unwrap(), 7);
    });
}
