//! Tasks that wait for threads, which wait for tasks of the same pool.

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::{LONG, MOMENT, bounded, eventually, until_waiting};
use threadkit::{
    Event, StopSource, Task, ThreadPool, Timer, WhenFull, as_completed, as_completed_until,
    join_all, scope, spawn, wait_all, wait_all_until, wait_any, wait_any_until,
};

/// What the thread does for which a task waits.
type Body = Box<dyn FnOnce() + Send>;

type Blocking = (&'static str, fn(Body));

/// Every form in which a task waits for a thread, or for the thread of the timers.
const BLOCKING: &[Blocking] = &[
    ("join", |body| spawn(body).join().unwrap()),
    ("join_all", |body| {
        join_all([spawn(body)]).unwrap();
    }),
    ("wait", |body| spawn(body).wait()),
    ("wait_timeout", |body| {
        assert!(spawn(body).wait_timeout(LONG))
    }),
    ("wait_until", |body| {
        spawn(body).wait_until(&StopSource::new().token()).unwrap();
    }),
    ("scope", |body| {
        scope(|s| {
            s.spawn(body);
        });
    }),
    ("join in a scope", |body| {
        scope(|s| s.spawn(body).join().unwrap());
    }),
    ("a thread that joins a thread", |body| {
        spawn(|| spawn(body).join().unwrap()).join().unwrap();
    }),
    ("Timer::wait", |body| {
        Timer::after(Duration::ZERO, body).wait()
    }),
];

type WaitForm = fn(&Task<u32>);

/// Every form of waiting for a task to its end.
const FORMS: &[(&str, WaitForm)] = &[
    ("wait", |task| task.wait()),
    ("wait_timeout", |task| assert!(task.wait_timeout(LONG))),
    ("wait_until", |task| {
        task.wait_until(&StopSource::new().token()).unwrap()
    }),
    ("wait_any", |task| assert_eq!(wait_any([task]), 0)),
    ("wait_any_until", |task| {
        assert_eq!(wait_any_until([task], LONG), Ok(0))
    }),
    ("wait_all", |task| wait_all([task])),
    ("wait_all_until", |task| {
        wait_all_until([task], LONG).unwrap()
    }),
    ("as_completed", |task| {
        assert_eq!(as_completed([task]).count(), 1)
    }),
    ("as_completed_until", |task| {
        assert!(as_completed_until([task], LONG).all(|task| task.is_ok()));
    }),
];

#[test]
fn a_task_waits_for_a_thread_that_waits_for_a_task() {
    bounded(|| {
        for (blocking, block) in BLOCKING {
            for (form, wait) in FORMS {
                let pool = Arc::new(ThreadPool::new(1));
                let own = Arc::clone(&pool);
                let outer = pool.submit(move || {
                    block(Box::new(move || {
                        let inner = own.submit(|| 7);
                        wait(&inner);
                        assert_eq!(inner.join().unwrap(), 7);
                    }));
                });
                assert!(outer.wait_timeout(LONG), "{blocking}, {form}: {pool:?}");
                outer.join().unwrap();
            }
        }
    });
}

#[test]
fn it_does_not_matter_which_of_them_waits_first() {
    bounded(|| {
        for task_first in [true, false] {
            let pool = Arc::new(ThreadPool::new(1));
            let own = Arc::clone(&pool);
            let outer = pool.submit(move || {
                let go = Arc::new(Event::new());
                let thread = spawn({
                    let (own, go) = (Arc::clone(&own), Arc::clone(&go));
                    move || {
                        go.wait();
                        own.submit(|| 7).join().unwrap()
                    }
                });
                if task_first {
                    Timer::after(MOMENT, move || go.set());
                } else {
                    go.set();
                    eventually("the thread has submitted it", || own.pending() == 1);
                    until_waiting(thread.thread());
                }
                thread.join().unwrap()
            });
            assert!(outer.wait_timeout(LONG), "{pool:?}");
            assert_eq!(outer.join().unwrap(), 7);
        }
    });
}

/// A task, which waits for a thread, which waits for a task, and so on.
fn in_turns(pool: &Arc<ThreadPool>, depth: u32) -> u32 {
    if depth == 0 {
        return 0;
    }
    let own = Arc::clone(pool);
    pool.submit(move || spawn(move || in_turns(&own, depth - 1)).join().unwrap() + 1)
        .join()
        .unwrap()
}

#[test]
fn tasks_and_threads_wait_for_each_other_in_turns() {
    bounded(|| {
        for size in [1, 2] {
            let pool = Arc::new(ThreadPool::new(size));
            assert_eq!(in_turns(&pool, 30), 30);
        }
    });
}

#[test]
fn a_task_waits_for_a_thread_that_waits_for_room() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::builder(1).backlog(1, WhenFull::Block).build());
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let thread = spawn(move || [1, 2, 3].map(|n| own.submit(move || n)));
            thread.join().unwrap()
        });
        assert!(outer.wait_timeout(LONG), "{pool:?}");
        let sum: u32 = outer
            .join()
            .unwrap()
            .map(|task| task.join().unwrap())
            .iter()
            .sum();
        assert_eq!(sum, 6);
    });
}

#[test]
fn a_task_waits_for_a_thread_that_waits_for_a_task_of_another_pool_that_waits_for_one_of_this() {
    bounded(|| {
        for (form, wait) in FORMS {
            let (a, b) = (Arc::new(ThreadPool::new(1)), Arc::new(ThreadPool::new(1)));
            let (own, other) = (Arc::clone(&a), Arc::clone(&b));
            let outer = a.submit(move || {
                let thread = spawn(move || {
                    let middle = other.submit(move || {
                        let inner = own.submit(|| 7);
                        wait(&inner);
                        inner.join().unwrap()
                    });
                    middle.join().unwrap()
                });
                thread.join().unwrap()
            });
            assert!(outer.wait_timeout(LONG), "{form}: {a:?} {b:?}");
            assert_eq!(outer.join().unwrap(), 7);
        }
    });
}

/// Tasks that wait for threads, which end when `go` is set.
fn waiting_for_threads(pool: &ThreadPool, count: usize, go: &Arc<Event>) -> Vec<Task<()>> {
    let task = |_| {
        let go = Arc::clone(go);
        pool.submit(move || scope(|s| _ = s.spawn(|| go.wait())))
    };
    (0..count).map(task).collect()
}

#[test]
fn a_wait_for_a_thread_lends_no_place_unless_a_task_is_awaited() {
    bounded(|| {
        let (pool, go) = (ThreadPool::new(2), Arc::new(Event::new()));
        let tasks = waiting_for_threads(&pool, 20, &go);
        eventually("two have begun", || pool.pending() == 18);
        // Time in which nothing may happen.
        threadkit::sleep(MOMENT);
        assert_eq!(
            (pool.threads(), pool.pending()),
            (2, 18),
            "nobody waits for them"
        );
        // A thread waits for one of them, so one more worker runs that one.
        eventually("one thread more runs that one", || {
            assert!(!tasks[10].wait_timeout(MOMENT), "it waits for its thread");
            (pool.threads(), pool.pending()) == (3, 17)
        });
        // These have begun.
        assert!(!tasks[0].wait_timeout(MOMENT) && !tasks[10].wait_timeout(MOMENT));
        assert!(as_completed_until(&tasks, MOMENT).all(|task| task.is_err()));
        assert_eq!((pool.threads(), pool.pending()), (3, 17));
        go.set();
        wait_all(&tasks);
        eventually("the third one leaves", || pool.threads() == 2);
    });
}
