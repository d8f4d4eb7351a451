//! What Python's own tests ask of `queue` and `concurrent.futures`, where no other test here asks it.

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::{Drops, LONG, bounded, eventually, occupy};
use threadkit::{
    PutError, Queue, ShutDown, Task, ThreadPool, as_completed, as_completed_until, spawn, wait_all,
    wait_all_until, wait_any,
};

const SHORT: Duration = Duration::from_millis(2);

/// How many wait in that line of a queue, as its `Debug` says.
fn is_waited(queue: &Queue<u32>, line: &str) -> bool {
    format!("{queue:?}").contains(line)
}

#[test]
fn a_queue_may_be_shut_down_again_and_more_firmly() {
    let queue = Queue::unbounded();
    (0..3).for_each(|n| queue.put(n).unwrap());
    assert!(queue.shutdown());
    assert_eq!(queue.get(), Ok(0));
    assert_eq!(queue.shutdown_now(), [1, 2]);
    assert!(!queue.shutdown(), "nothing is opened again");
    assert!(queue.shutdown_now().is_empty());
    assert_eq!(queue.get(), Err(ShutDown));
    queue.task_done().unwrap();
    queue.join();
}

#[test]
fn a_shutdown_leaves_a_join_to_the_tasks_that_are_left() {
    bounded(|| {
        let queue = Queue::bounded(1);
        queue.put(1).unwrap();
        let joiner = spawn({
            let queue = queue.clone();
            move || queue.join()
        });
        let putter = spawn({
            let queue = queue.clone();
            move || queue.put(2)
        });
        eventually("both wait", || {
            is_waited(&queue, "joiners") && is_waited(&queue, "putters")
        });
        queue.shutdown();
        assert_eq!(putter.join().unwrap(), Err(PutError::ShutDown(2)));
        assert!(!joiner.wait_timeout(SHORT), "one is left to be done");
        assert_eq!(queue.get(), Ok(1));
        assert!(!joiner.wait_timeout(SHORT));
        queue.task_done().unwrap();
        joiner.join().unwrap();
    });
}

#[test]
fn nothing_is_kept_of_a_task_that_was_joined() {
    let pool = ThreadPool::new(1);
    let (captured, returned) = (Drops::new(), Drops::new());
    let body = captured.value();
    let result = returned.value();
    let task = pool.submit(move || {
        drop(body);
        result
    });
    let result = task.join().unwrap();
    assert_eq!((captured.count(), returned.count()), (1, 0));
    drop(result);
    assert_eq!(returned.count(), 1);

    // What a body does not use up is gone as well before its task counts as done.
    let unused = captured.value();
    let task = pool.submit(move || {
        let _keep = &unused;
    });
    task.wait();
    assert_eq!(captured.count(), 2);

    let items: Vec<_> = (0..10).map(|_| captured.value()).collect();
    let made = returned.clone();
    let mut map = pool.map(items, move |_| made.value());
    drop(map.next());
    assert_eq!(returned.count(), 2, "a result belongs to who has taken it");
    drop(map);
    pool.shutdown();
    assert_eq!((captured.count() - 2) as u32, 10);
}

#[test]
fn who_waits_for_a_task_hears_that_another_has_cancelled_it() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        let task: Arc<Task<u32>> = Arc::new(pool.submit(|| 1));
        let waiter = spawn({
            let task = Arc::clone(&task);
            move || task.wait()
        });
        assert!(!waiter.wait_timeout(SHORT));
        assert!(task.cancel());
        waiter.join().unwrap();
        let task = Arc::into_inner(task).expect("the waiter is gone");
        assert!(task.join().unwrap_err().is_cancelled());
        busy.stop();
    });
}

#[test]
fn a_task_that_is_given_twice_counts_once() {
    let pool = ThreadPool::new(1);
    let busy = occupy(&pool);
    let pending = pool.submit(|| ());
    let both = [&pending, &busy, &pending, &busy, &pending];
    let error = wait_all_until(both, SHORT).unwrap_err();
    assert_eq!((error.unfinished(), error.total()), (2, 2));
    assert_eq!(as_completed(both).len(), 2);
    busy.stop();
    wait_all(both);
    assert_eq!(wait_any(both), 0);
}

#[test]
fn no_time_gives_what_has_ended_and_then_says_what_has_not() {
    let pool = ThreadPool::new(1);
    let ended = [1, 2].map(|n| pool.submit(move || n));
    wait_all(&ended);
    let busy = occupy(&pool);
    let error = {
        let all = [&ended[0], &ended[1]].into_iter();
        let mut ends = as_completed_until(all, Duration::ZERO);
        assert!(ends.by_ref().all(|task| task.is_ok()));
        as_completed_until([&busy], Duration::ZERO)
            .next()
            .unwrap()
            .unwrap_err()
    };
    assert_eq!(
        error.to_string(),
        "1 of 1 tasks unfinished: the time was up"
    );
    busy.stop();
}

#[test]
fn a_callback_that_panics_keeps_no_other_from_being_called() {
    let pool = ThreadPool::new(1);
    let busy = occupy(&pool);
    let called = Drops::new();
    for n in 0..4 {
        let value = called.value();
        busy.on_done(move |_| {
            drop(value);
            assert_eq!(n % 2, 0, "every second one");
        });
    }
    busy.stop();
    pool.shutdown();
    let value = called.value();
    busy.on_done(move |_| {
        drop(value);
        panic!("at once");
    });
    assert_eq!(called.count(), 5);
}

#[test]
fn a_task_says_how_it_ended() {
    let pool = ThreadPool::builder(1).name("jobs").build();
    let says = |task: &Task<()>, what: &str| {
        let text = format!("{task:?}");
        assert!(text.contains("jobs") && text.contains(what), "{text}");
    };
    let busy = occupy(&pool);
    let cancelled = pool.submit(|| ());
    let panicked = pool.submit(|| panic!("said so"));
    says(&busy, "None");
    cancelled.cancel();
    says(&cancelled, "Cancelled");
    busy.stop();
    assert!(panicked.wait_timeout(LONG));
    says(&busy, "Returned");
    says(&panicked, "Panicked");
}

#[test]
fn a_shutdown_without_a_wait_finishes_what_was_submitted() {
    let pool = ThreadPool::new(1);
    let busy = occupy(&pool);
    let task = pool.submit(|| 7);
    assert!(!pool.shutdown_timeout(Duration::ZERO));
    assert!(pool.try_submit(|| 8).is_err());
    busy.stop();
    assert_eq!(task.join().unwrap(), 7);
    assert!(pool.shutdown_timeout(LONG));
    assert_eq!(pool.threads(), 0);
}
