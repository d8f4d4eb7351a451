//! Tasks that follow others.

mod support;

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use support::{LONG, bounded, eventually, occupy, panic_of, until_waiting};
use threadkit::{
    Ending, Event, OnDrop, StopSource, Task, TaskError, ThreadPool, as_completed, spawn,
    stop_token, wait_all, wait_any, wait_any_until,
};

/// Waits until it may run, and then returns that value.
fn gated<T: Send + 'static>(pool: &ThreadPool, value: T) -> (Arc<Event>, Task<T>) {
    let gate = Arc::new(Event::new());
    let opens = Arc::clone(&gate);
    let task = pool.submit(move || {
        opens.wait();
        value
    });
    (gate, task)
}

/// Counts how often it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn it_begins_when_the_earlier_one_has_returned_and_gets_its_value() {
    bounded(|| {
        let pool = ThreadPool::builder(2).name("jobs").build();
        let (gate, task) = gated(&pool, 6);
        let follows = task.then(|n| (n * 7, threadkit::current().name()));
        assert!(!follows.is_running() && !follows.is_finished());
        eventually("the earlier one runs", || pool.pending() == 1);
        gate.set();
        let (value, thread) = follows.join().unwrap();
        assert_eq!(value, 42);
        assert!(thread.starts_with("jobs-"), "{thread}");
    });
}

#[test]
fn one_that_has_ended_is_followed_too() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let task = pool.submit(|| 6);
        task.wait();
        assert_eq!(task.then(|n| n * 7).join().unwrap(), 42);

        let mut peeked = pool.submit(|| String::from("kept"));
        peeked.wait();
        assert_eq!(peeked.peek().unwrap().unwrap(), "kept");
        assert_eq!(peeked.then(|text| text.len()).join().unwrap(), 4);
    });
}

#[test]
fn no_worker_is_blocked_by_a_long_chain() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let (gate, task) = gated(&pool, 0_u32);
        let mut last = task;
        for _ in 0..20_000 {
            last = last.then(|n| n + 1);
        }
        assert_eq!(pool.threads(), 1);
        gate.set();
        assert_eq!(last.join().unwrap(), 20_000);
        assert_eq!(pool.threads(), 1);
    });
}

#[test]
fn an_error_passes_through_a_chain_and_nothing_in_it_runs() {
    bounded(|| {
        let pool = ThreadPool::new(2);
        let dropped = Arc::new(AtomicUsize::new(0));
        let (told, endings) = mpsc::channel();
        let (gate, task) = gated(&pool, ());
        let mut last = task.then(|()| -> u32 { panic!("out of cheese") });
        for _ in 0..3 {
            let capture = Counted(Arc::clone(&dropped));
            last = last.then(move |_| {
                let _capture = &capture;
                unreachable!("there is no value")
            });
            let told = told.clone();
            last.on_done(move |ending| told.send(ending).unwrap());
        }
        gate.set();
        let error = last.join().unwrap_err();
        assert!(error.to_string().ends_with(": out of cheese"), "{error}");
        assert!(error.to_string().contains("tests/then.rs"), "{error}");
        assert!(
            endings
                .iter()
                .take(3)
                .all(|ending| ending == Ending::Panicked)
        );
        assert_eq!(dropped.load(Ordering::SeqCst), 3);
    });
}

#[test]
fn a_failure_ends_a_long_chain_at_once_and_without_a_worker() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        let (promise, task) = pool.promise::<u32>();
        let mut last = task;
        for _ in 0..20_000 {
            last = last.then(|n| n + 1);
        }
        drop(promise);
        assert!(last.is_finished() && pool.pending() == 0);
        assert!(matches!(last.join(), Err(TaskError::Dropped)));
        busy.stop();
    });
}

#[test]
fn an_error_that_was_looked_at_passes_on_with_its_payload() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let mut task = pool.submit(|| -> u32 { resume_unwind(Box::new(7_u8)) });
        task.wait();
        assert!(task.peek().unwrap().is_err());
        let error = task.then(|n| n + 1).join().unwrap_err();
        let payload = error.into_panic().unwrap();
        assert_eq!(payload.downcast_ref(), Some(&7_u8));
    });
}

#[test]
fn a_cancellation_passes_on() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        // `then` takes the handle, so the pool cancels the first one.
        let follows = pool.submit(|| 1).then(|n| n + 1).then(|n| n + 1);
        assert_eq!(pool.pending(), 3);
        assert_eq!(pool.cancel_pending(), 3);
        assert!(follows.join().unwrap_err().is_cancelled());
        busy.stop();

        let (promise, task) = pool.promise::<u32>();
        let follows = task.then(|n| n + 1);
        drop(promise);
        assert!(matches!(follows.join(), Err(TaskError::Dropped)));
    });
}

#[test]
fn cancelling_it_lets_the_earlier_one_go_on_and_drops_its_value() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let dropped = Arc::new(AtomicUsize::new(0));
        let (gate, task) = gated(&pool, Counted(Arc::clone(&dropped)));
        let capture = Counted(Arc::clone(&dropped));
        let follows = task.then(move |_value| drop(capture));
        let last = follows.then(|()| ());
        assert!(last.cancel() && !last.cancel());
        assert!(last.join().unwrap_err().is_cancelled());
        assert_eq!(dropped.load(Ordering::SeqCst), 0);
        gate.set();
        pool.wait_idle();
        assert_eq!(dropped.load(Ordering::SeqCst), 2);

        let (gate, task) = gated(&pool, Counted(Arc::clone(&dropped)));
        let capture = Counted(Arc::clone(&dropped));
        let follows = task.then(move |_value| drop(capture));
        assert!(follows.cancel());
        assert_eq!(
            dropped.load(Ordering::SeqCst),
            3,
            "what it has captured goes at once"
        );
        eventually("the earlier one runs", || pool.pending() == 0);
        gate.set();
        pool.wait_idle();
        assert_eq!(dropped.load(Ordering::SeqCst), 4);
    });
}

#[test]
fn stopping_it_stops_what_it_waits_for() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let follows = occupy(&pool).then(|()| stop_token().is_stopped());
        let last = follows.then(|stopped| (stopped, stop_token().is_stopped()));
        assert!(last.stop());
        assert!(!last.stop());
        assert_eq!(last.join().unwrap(), (true, true));
    });
}

#[test]
fn a_callback_can_set_a_promise_and_wait_for_what_follows_it() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let (promise, task) = pool.promise();
        let follows = task.then(|n: u32| n + 1).then(|n| n + 1);
        let (failing, failed) = pool.promise::<u32>();
        let follows_failed = failed.then(|n| n + 1).then(|n| n + 1);
        let (outer, ends) = pool.promise();
        let (told, values) = mpsc::channel();
        ends.on_done(move |_| {
            promise.set(1).unwrap();
            drop(failing);
            told.send((follows.join(), follows_failed.join())).unwrap();
        });
        outer.set(()).unwrap();
        let (value, error) = values.recv_timeout(LONG).unwrap();
        assert_eq!(value.unwrap(), 3);
        assert!(matches!(error, Err(TaskError::Dropped)));
    });
}

#[test]
fn a_worker_that_waits_for_a_thread_makes_room_for_what_follows_a_promise() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let (promise, task) = pool.promise();
        let follows = task.then(|n: u32| n + 1).then(|n| n + 1);
        let outer = pool.submit(move || {
            let (waits, waiting) = mpsc::channel();
            let thread = spawn(move || {
                waits.send(()).unwrap();
                follows.join().unwrap()
            });
            waiting.recv().unwrap();
            let worker = threadkit::current();
            spawn(move || {
                until_waiting(&worker);
                promise.set(1).unwrap();
            });
            thread.join().unwrap()
        });
        assert_eq!(outer.join().unwrap(), 3);
    });
}

#[test]
fn a_handle_that_is_dropped_does_not_keep_it_from_running() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let (gate, task) = gated(&pool, 42);
        let (told, value) = mpsc::channel();
        drop(task.then(move |n| told.send(n).unwrap()));
        gate.set();
        assert_eq!(value.recv_timeout(LONG), Ok(42));
    });
}

#[test]
fn a_panic_that_no_handle_of_a_chain_takes_is_reported_once() {
    bounded(|| {
        let (told, reports) = mpsc::channel();
        threadkit::set_excepthook(move |failure| {
            // Other tests may fail threads of their own.
            if failure.to_string().contains("nobody asks for this") {
                told.send(()).unwrap();
            }
        });
        let pool = ThreadPool::new(1);
        let (gate, task) = gated(&pool, ());
        let chain = task
            .then(|()| -> u32 { panic!("nobody asks for this") })
            .then(|n| n + 1)
            .then(|n| n + 1);
        drop(chain);
        gate.set();
        pool.shutdown();
        assert_eq!(reports.recv_timeout(LONG), Ok(()));
        assert!(reports.try_recv().is_err());
    });
}

#[test]
fn a_shutdown_waits_for_what_was_accepted_before() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let (gate, task) = gated(&pool, 1);
        let follows = task.then(|n| n + 1).then(|n| n + 1);
        assert!(!pool.shutdown_timeout(Duration::from_millis(5)));
        let late = follows.then(|n| n + 1);
        let error = late.join().unwrap_err();
        assert!(
            error
                .to_string()
                .contains("was shut down and takes no more"),
            "{error}"
        );

        gate.set();
        pool.shutdown();
    });
    bounded(|| {
        let pool = ThreadPool::new(1);
        let (promise, task) = pool.promise();
        let follows = task.then(|n: u32| n + 1);
        let last = follows.then(|n| n + 1);
        let closer = spawn(move || drop(pool));
        assert!(
            !closer.wait_timeout(Duration::from_millis(5)),
            "nothing runs, but something follows"
        );
        promise.set(1).unwrap();
        assert_eq!(last.join().unwrap(), 3);
        closer.join().unwrap();
    });
}

#[test]
fn a_drop_that_waits_for_what_follows_a_promise_ends_with_its_cancellation() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let (promise, task) = pool.promise::<u32>();
        let follows = task.then(|n| n + 1);
        let closer = spawn(move || pool.shutdown());
        assert!(!closer.wait_timeout(Duration::from_millis(5)));
        assert!(follows.cancel());
        closer.join().unwrap();
        drop(promise);
    });
}

#[test]
fn a_shutdown_at_once_cancels_what_has_not_begun() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let follows = occupy(&pool).then(|()| 1).then(|n| n + 1);
        assert!(
            pool.shutdown_now().is_empty(),
            "it cannot run without the earlier one"
        );
        assert!(follows.join().unwrap_err().is_cancelled());
        pool.shutdown();

        let pool = ThreadPool::builder(1).on_drop(OnDrop::Stop).build();
        let (_promise, task) = pool.promise::<u32>();
        let follows = task.then(|n| n + 1);
        drop(pool);
        assert!(follows.join().unwrap_err().is_cancelled());
    });
}

#[test]
fn what_follows_a_task_that_was_taken_out_follows_it_still() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        let follows = pool.submit(|| 1).then(|n| n + 1);
        let unrun = pool.shutdown_now();
        assert_eq!(unrun.len(), 1);
        drop(unrun);
        assert!(follows.join().unwrap_err().is_cancelled());
        busy.join().unwrap();
    });
}

#[test]
fn a_broken_pool_breaks_what_follows() {
    bounded(|| {
        let pool = ThreadPool::builder(1)
            .initializer(|| panic!("no database"))
            .build();
        let (promise, task) = pool.promise::<u32>();
        let follows = task.then(|n| n + 1);
        let first = pool.submit(|| 1).then(|n| n + 1);
        let error = first.join().unwrap_err();
        assert!(matches!(error, TaskError::Broken(_)), "{error}");
        let error = follows.join().unwrap_err();
        assert!(error.to_string().contains("no database"), "{error}");
        assert_eq!(promise.set(1), Ok(()), "the promise itself is kept");
        pool.shutdown();
    });
}

type Wait = fn(Task<u32>) -> u32;

const WAITS: &[(&str, Wait)] = &[
    ("join", |task| task.join().unwrap()),
    ("wait_any", |task| {
        assert_eq!(wait_any([&task]), 0);
        task.join().unwrap()
    }),
    ("wait_any_until", |task| {
        let never = StopSource::new();
        assert_eq!(wait_any_until([&task], &never.token()), Ok(0));
        task.join().unwrap()
    }),
    ("wait_all", |task| {
        wait_all([&task]);
        task.join().unwrap()
    }),
    ("as_completed", |task| {
        as_completed([task]).map(|task| task.join().unwrap()).sum()
    }),
    ("wait_timeout", |task| {
        assert!(task.wait_timeout(Duration::MAX));
        task.join().unwrap()
    }),
];

/// A pool of one place, with at most `max_threads` threads.
fn in_a_small_pool(max_threads: usize, chain: fn(&ThreadPool) -> Task<u32>) {
    for (form, wait) in WAITS {
        // A wait that a stop may end runs nothing, and is refused at the bound.
        if max_threads == 1 && *form == "wait_any_until" {
            continue;
        }
        let pool = Arc::new(ThreadPool::builder(1).max_threads(max_threads).build());
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || wait(chain(&own)));
        assert!(outer.wait_timeout(LONG), "{form}: {pool:?}");
        assert_eq!(outer.join().unwrap(), 3, "{form}");
    }
}

#[test]
fn a_worker_that_waits_for_one_lets_the_earlier_ones_run() {
    bounded(|| in_a_small_pool(10, |pool| pool.submit(|| 1).then(|n| n + 1).then(|n| n + 1)));
}

#[test]
fn a_worker_that_waits_for_one_at_the_bound_runs_the_earlier_ones_itself() {
    bounded(|| in_a_small_pool(1, |pool| pool.submit(|| 1).then(|n| n + 1).then(|n| n + 1)));
}

#[test]
fn a_worker_that_waits_at_the_bound_runs_what_follows_a_promise() {
    bounded(|| {
        in_a_small_pool(1, |pool| {
            let (promise, task) = pool.promise();
            let follows = task.then(|n: u32| n + 1).then(|n| n + 1);
            // Detached: it ends with the promise.
            spawn(move || {
                // Time in which the worker may come to its wait.
                threadkit::sleep(support::MOMENT);
                promise.set(1).unwrap();
            });
            follows
        });
    });
}

#[test]
fn a_worker_that_waits_at_the_bound_runs_what_follows_a_time() {
    bounded(|| {
        in_a_small_pool(1, |pool| {
            let first = pool.submit_after(Duration::from_millis(5), || 1);
            first.then(|n| n + 1).then(|n| n + 1)
        });
    });
}

#[test]
fn a_wait_for_any_is_ended_by_the_one_whose_earlier_task_ends_first() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let (slow, first) = own.promise();
            let (quick, second) = own.promise();
            let tasks = [first.then(|n: u32| n), second.then(|n| n)];
            quick.set(2).unwrap();
            let ended = wait_any(&tasks);
            slow.set(1).unwrap();
            wait_all(&tasks);
            ended
        });
        assert_eq!(outer.join().unwrap(), 1);
    });
}

#[test]
fn a_task_that_waits_for_what_follows_it_is_refused() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let (given, own) = mpsc::channel::<Task<u32>>();
        let (told, message) = mpsc::channel();
        let first = pool.submit(move || {
            let follows = own.recv().unwrap();
            told.send(panic_of(|| follows.wait())).unwrap();
            drop(follows);
            1
        });
        given.send(first.then(|n| n + 1)).unwrap();
        let message = message.recv().unwrap();
        assert!(message.contains("a task waits for itself"), "{message}");
        pool.shutdown();
    });
}

#[test]
fn a_task_that_was_awaited_to_its_end_has_nothing_to_follow() {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    let pool = ThreadPool::new(1);
    let mut task = pool.submit(|| 1);
    task.wait();
    let mut context = Context::from_waker(Waker::noop());
    let ready = pin!(&mut task).poll(&mut context);
    assert!(matches!(ready, Poll::Ready(Ok(1))));
    let message = panic_of(move || drop(task.then(|n| n + 1)));
    assert!(
        message.contains("was taken when it was awaited"),
        "{message}"
    );
}

#[test]
fn the_bound_of_the_backlog_does_not_keep_it_out() {
    bounded(|| {
        let pool = ThreadPool::builder(1)
            .backlog(1, threadkit::WhenFull::Refuse)
            .build();
        let (gate, task) = gated(&pool, 1);
        let follows = task.then(|n| n + 1);
        eventually("the first one runs", || pool.pending() == 1);
        let waits = pool.submit(|| 5);
        gate.set();
        assert_eq!(follows.join().unwrap(), 2);
        assert_eq!(waits.join().unwrap(), 5);
    });
}

#[test]
fn a_callback_may_wait_for_what_follows_a_task_that_it_ends() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(2));
        let (first, task) = pool.promise();
        let (second, other) = pool.promise();
        let (ran, runs) = mpsc::channel();
        let follows = other.then(move |n: u32| ran.send(n).unwrap());
        let (told, tells) = mpsc::channel();
        task.on_done(move |_| {
            second.set(7).unwrap();
            told.send(runs.recv_timeout(LONG)).unwrap();
        });
        first.set(()).unwrap();
        assert_eq!(tells.recv().unwrap(), Ok(7));
        follows.join().unwrap();

        // A task that fails ends at once too, and so do its followers. The callbacks come later, in their order.
        let (first, task) = pool.promise();
        let (second, other) = pool.promise::<u32>();
        let (ended, ends) = mpsc::channel();
        let one = other.then(|n| n + 1);
        let also = ended.clone();
        one.on_done(move |_| also.send("one").unwrap());
        let two = one.then(|n| n + 1);
        let also = ended.clone();
        two.on_done(move |_| also.send("two").unwrap());
        let idler = Arc::clone(&pool);
        task.on_done(move |_| {
            drop(second);
            idler.wait_idle();
            ended.send("idle").unwrap();
        });
        first.set(()).unwrap();
        assert!(ends.iter().eq(["idle", "one", "two"]));
        assert!(matches!(two.join(), Err(TaskError::Dropped)));
    });
}

#[test]
fn it_begins_before_the_callbacks_of_the_earlier_one() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let (promise, task) = pool.promise();
        let (ran, runs) = mpsc::channel();
        let (told, tells) = mpsc::channel();
        task.on_done(move |_| told.send(runs.recv_timeout(LONG)).unwrap());
        let follows = task.then(move |n: u32| ran.send(n).unwrap());
        promise.set(7).unwrap();
        assert_eq!(tells.recv().unwrap(), Ok(7));
        follows.join().unwrap();
    });
}

#[test]
fn one_that_has_the_last_handle_of_its_pool_ends_without_running() {
    bounded(|| {
        for cancels in [true, false] {
            let pool = Arc::new(ThreadPool::new(1));
            let (promise, task) = pool.promise::<u32>();
            let own = Arc::clone(&pool);
            let follows = task.then(move |n| drop(own.submit(move || n)));
            drop(pool);
            if cancels {
                assert!(follows.cancel());
            } else {
                drop(promise);
            }
            assert!(follows.join().is_err());
        }
    });
}

#[test]
fn a_callback_has_the_last_handle_of_the_pool() {
    bounded(|| {
        for cancels in [true, false] {
            let pool = Arc::new(ThreadPool::new(1));
            let (promise, task) = pool.promise::<u32>();
            let follows = task.then(|n| n);
            let (closed, is_closed) = mpsc::channel();
            let own = Arc::clone(&pool);
            follows.on_done(move |_| {
                own.shutdown();
                drop(own);
                closed.send(()).unwrap();
            });
            drop(pool);
            if cancels {
                assert!(follows.cancel());
            } else {
                drop(promise);
            }
            is_closed.recv_timeout(LONG).unwrap();
            assert!(follows.join().is_err());
        }
    });
}
