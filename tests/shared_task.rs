//! A task whose result many threads read.

mod support;

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use support::{LONG, bounded, occupy, panic_of};
use threadkit::{
    AnyTask, Ending, SharedTask, StopSource, TaskError, ThreadPool, WaitError, as_completed,
    join_all, spawn, wait_all, wait_any,
};

/// Counts how often it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn every_handle_gives_the_same_value() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let task = pool.submit(|| vec![1, 2, 3]).shared();
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let task = task.clone();
                spawn(move || ptr::from_ref(task.join().unwrap()).addr())
            })
            .collect();
        let value = task.join().unwrap();
        assert_eq!(*value, [1, 2, 3]);
        let addresses = join_all(readers).unwrap();
        assert!(
            addresses
                .iter()
                .all(|address| *address == ptr::from_ref(value).addr())
        );
    });
}

#[test]
fn every_handle_gives_the_same_error() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let task = pool.submit(|| -> u32 { panic!("out of cheese") }).shared();
        let other = task.clone();
        let text = spawn(move || other.join().unwrap_err().to_string());
        let error = task.join().unwrap_err();
        assert!(error.to_string().ends_with(": out of cheese"));
        assert_eq!(text.join().unwrap(), error.to_string());
        match error {
            TaskError::Panicked(panic) => assert_eq!(panic.message(), "out of cheese"),
            other => unreachable!("{other}"),
        }
    });
}

#[test]
fn the_value_lives_as_long_as_a_handle() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let pool = ThreadPool::new(1);
    let value = Counted(Arc::clone(&dropped));
    let task = pool.submit(move || value).shared();
    let other = task.clone();
    task.wait();
    drop(pool);
    drop(task);
    assert_eq!(dropped.load(Ordering::SeqCst), 0);
    assert!(other.join().is_ok());
    drop(other);
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

#[test]
fn a_result_that_no_handle_reads_is_dropped_at_the_end_of_the_task() {
    bounded(|| {
        let dropped = Arc::new(AtomicUsize::new(0));
        let pool = ThreadPool::new(1);
        let (promise, task) = pool.promise();
        drop(task.shared());
        assert!(promise.set(Counted(Arc::clone(&dropped))).is_ok());
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_task_that_was_looked_at_is_shared_with_its_outcome() {
    let pool = ThreadPool::new(1);
    let mut task = pool.submit(|| 42);
    task.wait();
    assert!(task.peek().is_some());
    assert_eq!(task.shared().join().unwrap(), &42);
}

#[test]
fn a_task_that_was_awaited_to_its_end_has_nothing_to_share() {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    let pool = ThreadPool::new(1);
    let mut task = pool.submit(|| 1);
    task.wait();
    let ready = pin!(&mut task).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(ready, Poll::Ready(Ok(1))));
    let message = panic_of(move || drop(task.shared()));
    assert!(
        message.contains("was taken when it was awaited"),
        "{message}"
    );
}

#[test]
fn all_that_a_handle_of_a_task_can_do_it_does_for_all_of_its_handles() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let running = occupy(&pool).shared();
        let waiting = pool.submit(|| "never").shared();
        let source = StopSource::new();
        source.stop();

        assert!(running.is_running() && !running.is_finished());
        assert!(running.peek().is_none());
        assert!(!running.wait_timeout(Duration::from_millis(2)));
        assert_eq!(running.wait_until(&source.token()), Err(WaitError::Stopped));

        let (told, ending) = mpsc::channel();
        waiting.on_done(move |how| told.send(how).unwrap());
        assert!(waiting.clone().cancel() && !waiting.cancel());
        assert_eq!(ending.recv_timeout(LONG), Ok(Ending::Cancelled));
        assert!(waiting.peek().unwrap().unwrap_err().is_cancelled());

        assert!(running.clone().stop() && !running.stop());
        running.wait();
        assert_eq!(running.wait_until(LONG), Ok(()));
        assert!(running.is_finished() && !running.is_running());
        assert!(format!("{running:?}").starts_with("SharedTask(Task { pool: "));
    });
}

#[test]
fn it_takes_part_in_waits_for_several() {
    bounded(|| {
        let pool = ThreadPool::new(2);
        let shared = pool.submit(|| 1).shared();
        let single = pool.submit(|| "one");
        wait_all([&shared as &dyn AnyTask, &single]);
        assert_eq!(wait_any([&shared]), 0);
        // The same task through two handles is one task.
        let again: Vec<SharedTask<i32>> = as_completed([shared.clone(), shared]).collect();
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].join().unwrap(), &1);
    });
}

#[test]
fn a_worker_that_waits_for_one_runs_it_or_lends_its_place() {
    bounded(|| {
        for max_threads in [1, 10] {
            let pool = Arc::new(ThreadPool::builder(1).max_threads(max_threads).build());
            let own = Arc::clone(&pool);
            let outer = pool.submit(move || {
                let inner = own.submit(|| 42).shared();
                let others = [inner.clone(), inner.clone()];
                wait_all(&others);
                *inner.join().unwrap()
            });
            assert!(outer.wait_timeout(LONG), "{pool:?}");
            assert_eq!(outer.join().unwrap(), 42);
        }
    });
}
