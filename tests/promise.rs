//! Promises: the first of several events ends a task.

mod support;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use support::{LONG, bounded};
use threadkit::{
    Ending, Task, TaskError, ThreadPool, Timer, as_completed, spawn, wait_all, wait_any,
};

/// A pool of which only promises are used.
fn pool() -> ThreadPool {
    ThreadPool::new(1)
}

#[test]
fn the_value_reaches_every_kind_of_waiter() {
    bounded(|| {
        let pool = pool();
        let (promise, task) = pool.promise();
        assert!(!task.is_finished() && !task.is_running());
        assert!(!task.wait_timeout(Duration::from_millis(2)));
        let (told, ending) = mpsc::channel();
        task.on_done(move |how| told.send(how).unwrap());
        let joiner = spawn(move || task.join().unwrap());
        promise.set("value").unwrap();
        assert_eq!(joiner.join().unwrap(), "value");
        assert_eq!(ending.recv_timeout(LONG), Ok(Ending::Returned));

        let (late, first) = pool.promise();
        let (early, second) = pool.promise();
        let waiter = spawn(move || {
            let tasks = [first, second];
            let index = wait_any(&tasks);
            wait_all(&tasks);
            (
                index,
                as_completed(tasks)
                    .map(|task| task.join().unwrap())
                    .sum::<u32>(),
            )
        });
        early.set(2).unwrap();
        // The waiter has taken one, or is about to see it. The other one is set in any case.
        late.set(1).unwrap();
        let (index, sum) = waiter.join().unwrap();
        assert!(index < 2 && sum == 3);
        assert_eq!(pool.threads(), 0);
    });
}

#[test]
fn dropped_unset_it_is_an_error_and_no_hang() {
    bounded(|| {
        let pool = pool();
        let (promise, task) = pool.promise::<u32>();
        let joiner = spawn(move || task.join());
        drop(promise);
        let error = joiner.join().unwrap().unwrap_err();
        assert!(matches!(error, TaskError::Dropped) && !error.is_cancelled());
        assert_eq!(
            error.to_string(),
            "the promise was dropped before it was set"
        );

        let (promise, task) = pool.promise::<u32>();
        let (told, ending) = mpsc::channel();
        task.on_done(move |how| told.send(how).unwrap());
        let unwound = catch_unwind(AssertUnwindSafe(move || {
            let _promise = promise;
            panic!("it has no value");
        }));
        assert!(unwound.is_err());
        assert_eq!(ending.recv_timeout(LONG), Ok(Ending::Cancelled));
        assert!(matches!(task.join(), Err(TaskError::Dropped)));
    });
}

#[test]
fn a_cancelled_task_gives_the_value_back() {
    let pool = pool();
    let (promise, task) = pool.promise();
    assert!(promise.is_wanted());
    assert!(task.cancel() && !task.cancel());
    assert!(!promise.is_wanted());
    assert_eq!(promise.set(vec![1]), Err(vec![1]));
    assert!(task.join().unwrap_err().is_cancelled());

    let (promise, task) = pool.promise();
    promise.set(1).unwrap();
    assert!(!task.cancel(), "it has its value");
    assert_eq!(task.join().unwrap(), 1);
}

#[test]
fn a_value_that_no_handle_can_take_is_dropped() {
    let pool = pool();
    let (promise, task) = pool.promise();
    let value = Arc::new(());
    drop(task);
    assert!(!promise.is_wanted());
    promise.set(Arc::clone(&value)).unwrap();
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn a_stop_of_the_task_is_seen_by_the_promise() {
    bounded(|| {
        let pool = pool();
        let (promise, task) = pool.promise();
        let stop = promise.stop_token();
        let work = spawn(move || {
            promise.stop_token().wait();
            promise.set(7).unwrap();
        });
        assert!(!stop.is_stopped());
        assert!(task.stop());
        assert!(stop.is_stopped());
        assert_eq!(task.join().unwrap(), 7);
        work.join().unwrap();
    });
}

#[test]
fn a_shutdown_neither_waits_for_it_nor_keeps_it_from_being_set() {
    bounded(|| {
        let pool = pool();
        let (promise, task) = pool.promise();
        pool.shutdown();
        assert!(pool.shutdown_now().is_empty());
        assert!(!task.is_finished());
        promise.set(1).unwrap();
        assert_eq!(task.join().unwrap(), 1);

        let (promise, task) = pool.promise();
        drop(pool);
        promise.set(2).unwrap();
        assert_eq!(task.join().unwrap(), 2);
    });
}

#[test]
fn a_worker_lends_its_place_while_it_waits_for_a_promise() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let (promise, task) = own.promise();
            let setter = own.submit(move || promise.set(42));
            let value = task.join().unwrap();
            setter.join().unwrap().unwrap();
            value
        });
        assert_eq!(outer.join().unwrap(), 42);
    });
}

#[test]
fn it_can_be_awaited_by_an_executor() {
    struct Wakes(mpsc::Sender<()>);
    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.send(()).unwrap();
        }
    }

    let pool = pool();
    let (promise, task) = pool.promise();
    let (woken, wakes) = mpsc::channel();
    let waker = Waker::from(Arc::new(Wakes(woken)));
    let mut context = Context::from_waker(&waker);
    let mut task = pin!(task);
    assert!(task.as_mut().poll(&mut context).is_pending());
    promise.set(7).unwrap();
    wakes.recv_timeout(LONG).unwrap();
    assert!(matches!(task.poll(&mut context), Poll::Ready(Ok(7))));
}

#[test]
fn a_timer_sets_it_and_what_follows_runs_on_the_pool() {
    bounded(|| {
        let pool = ThreadPool::builder(1).name("jobs").build();
        let (promise, task) = pool.promise();
        let follows = task.then(|n: u32| (n, threadkit::current().name()));
        Timer::after(Duration::from_millis(2), move || promise.set(3).unwrap());
        let (n, thread) = follows.join().unwrap();
        assert_eq!((n, &*thread), (3, "jobs-1"));
    });
}

#[test]
fn one_of_a_setter_and_a_canceller_wins() {
    bounded(|| {
        let (pool, sets) = (pool(), Arc::new(AtomicUsize::new(0)));
        let rounds = 2_000;
        let mut cancelled = 0;
        for n in 0..rounds {
            let (promise, task) = pool.promise();
            let sets = Arc::clone(&sets);
            let setter = std::thread::spawn(move || {
                if promise.set(n).is_ok() {
                    sets.fetch_add(1, Ordering::SeqCst);
                }
            });
            let won = task.cancel();
            cancelled += usize::from(won);
            match task.join() {
                Ok(value) => assert!(!won && value == n),
                Err(error) => assert!(won && error.is_cancelled()),
            }
            setter.join().unwrap();
        }
        assert_eq!(sets.load(Ordering::SeqCst) + cancelled, rounds);
    });
}

#[test]
fn it_shows_whether_it_is_wanted() {
    let pool = ThreadPool::builder(1).name("jobs").build();
    let (promise, task): (_, Task<u8>) = pool.promise();
    assert_eq!(format!("{promise:?}"), "Promise { wanted: true, .. }");
    drop(task);
    assert_eq!(format!("{promise:?}"), "Promise { wanted: false, .. }");
}
