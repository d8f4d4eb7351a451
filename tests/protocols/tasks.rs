//! The protocols of promises, of tasks that follow others, of shared results and of idle pools under thousands of
//! schedules, each beside a twin in which one step is missing.

#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::explored::{holds, is_found};
use threadkit::{Event, Lock, TaskError, ThreadPool, join_all, spawn, wait_all, wait_any};

/// Half of the runs at random, half by priorities.
const RUNS: u64 = 1_000;

#[test]
fn one_of_a_setter_and_a_canceller_ends_a_promise() {
    holds(RUNS, || {
        let pool = ThreadPool::new(1);
        let (promise, task) = pool.promise();
        let setter = spawn(move || promise.set(1));
        let cancelled = task.cancel();
        let outcome = task.join();
        match setter.join().unwrap() {
            Ok(()) => assert!(!cancelled && outcome.unwrap() == 1),
            Err(value) => assert!(cancelled && value == 1 && outcome.is_err()),
        }
    });
}

#[test]
fn its_twin_that_looks_and_then_sets_has_two_ends() {
    is_found(
        "promise",
        "setting and cancelling are one swap",
        "it has two ends",
        || {
            let value = Arc::new(Lock::new(None));
            let setter = spawn({
                let value = Arc::clone(&value);
                move || {
                    let is_open = value.acquire().is_none();
                    if is_open {
                        *value.acquire() = Some(Ok(1));
                    }
                    is_open
                }
            });
            let cancelled = value.acquire().get_or_insert(Err("cancelled")).is_err();
            assert!(setter.join().unwrap() != cancelled, "it has two ends");
        },
    );
}

#[test]
fn a_promise_that_is_dropped_ends_every_wait() {
    holds(RUNS, || {
        let pool = ThreadPool::new(1);
        let (promise, task) = pool.promise::<u32>();
        let task = task.shared();
        let waiters = [(); 2].map(|()| {
            let task = task.clone();
            spawn(move || assert!(matches!(task.join(), Err(TaskError::Dropped))))
        });
        drop(promise);
        join_all(waiters).unwrap();
    });
}

#[test]
fn its_twin_that_ends_nothing_is_waited_for_for_ever() {
    is_found(
        "promise",
        "a promise that is dropped ends its task",
        "deadlock",
        || {
            let set = Arc::new(Event::new());
            let waiter = spawn({
                let set = Arc::clone(&set);
                move || set.wait()
            });
            drop(set);
            waiter.join().unwrap();
        },
    );
}

#[test]
fn what_follows_a_task_runs_once_or_is_cancelled() {
    holds(RUNS, || {
        let pool = ThreadPool::new(1);
        let ran = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ran);
        let follows = pool
            .submit(|| 1)
            .then(move |n| count.fetch_add(n, Ordering::SeqCst));
        let cancelled = follows.cancel();
        assert_eq!(follows.join().is_err(), cancelled);
        pool.shutdown();
        assert_eq!(ran.load(Ordering::SeqCst), usize::from(!cancelled));
    });
}

/// The end of a task, and the callbacks that it has to call.
#[derive(Default)]
struct End {
    state: Lock<(bool, Option<Arc<Event>>)>,
}

impl End {
    fn reach(&self) {
        let follows = {
            let mut state = self.state.acquire();
            state.0 = true;
            state.1.take()
        };
        if let Some(follows) = follows {
            follows.set();
        }
    }

    fn is_reached(&self) -> bool {
        self.state.acquire().0
    }
}

#[test]
fn its_twin_that_looks_and_then_follows_is_forgotten() {
    is_found(
        "`then`",
        "looking whether the task has ended and following it are one step",
        "deadlock",
        || {
            let end = Arc::new(End::default());
            let task = spawn({
                let end = Arc::clone(&end);
                move || end.reach()
            });
            let follows = Arc::new(Event::new());
            if end.is_reached() {
                follows.set();
            } else {
                end.state.acquire().1 = Some(Arc::clone(&follows));
            }
            follows.wait();
            task.join().unwrap();
        },
    );
}

#[test]
fn a_shutdown_waits_for_what_follows() {
    holds(RUNS, || {
        let pool = ThreadPool::new(1);
        let (promise, task) = pool.promise();
        let last = task.then(|n: u32| n + 1).then(|n| n + 1);
        let setter = spawn(move || promise.set(1).unwrap());
        pool.shutdown();
        assert!(last.is_finished());
        assert_eq!(last.join().unwrap(), 3);
        setter.join().unwrap();
    });
}

#[test]
fn its_twin_that_waits_for_what_runs_alone_is_too_early() {
    is_found(
        "`then`",
        "a shutdown counts what is accepted and may begin later",
        "it was too early",
        || {
            // How many tasks are in the backlog or run, and whether more are accepted.
            let pool = Arc::new(Lock::new((1, true)));
            let ran = Arc::new(Event::new());
            let worker = spawn({
                let (pool, ran) = (Arc::clone(&pool), Arc::clone(&ran));
                move || {
                    // The first task ends, and then the one that follows it comes.
                    pool.acquire().0 -= 1;
                    let mut state = pool.acquire();
                    if state.1 {
                        state.0 += 1;
                        drop(state);
                        ran.set();
                        pool.acquire().0 -= 1;
                    }
                }
            });
            let is_over = {
                let mut state = pool.acquire();
                state.1 = state.0 > 0;
                !state.1
            };
            worker.join().unwrap();
            assert!(!is_over || ran.is_set(), "it was too early");
        },
    );
}

#[test]
fn a_shutdown_at_once_and_the_end_of_a_task_leave_nothing_open() {
    holds(RUNS, || {
        let pool = Arc::new(ThreadPool::new(1));
        let (promise, task) = pool.promise();
        let last = task.then(|n: u32| n + 1).then(|n| n + 1);
        let closer = spawn({
            let pool = Arc::clone(&pool);
            move || drop(pool.shutdown_now())
        });
        promise.set(1).unwrap();
        match last.join() {
            Ok(value) => assert_eq!(value, 3),
            Err(error) => assert!(error.is_cancelled()),
        }
        closer.join().unwrap();
        pool.shutdown();
    });
}

#[test]
fn a_worker_at_the_bound_runs_what_comes_before_a_task_that_it_joins() {
    holds(RUNS, || {
        let pool = Arc::new(ThreadPool::builder(1).max_threads(1).build());
        let (promise, first) = pool.promise();
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let second = own.submit(|| 1).then(|n| n + 1);
            first.then(|n: u32| n + 1).join().unwrap() + second.join().unwrap()
        });
        promise.set(1).unwrap();
        assert_eq!(outer.join().unwrap(), 4);
    });
}

#[test]
fn a_worker_at_the_bound_runs_a_task_when_its_time_has_come() {
    holds(RUNS, || {
        let pool = Arc::new(ThreadPool::builder(1).max_threads(1).build());
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let soon = Duration::from_millis(1);
            let first = own.submit_after(soon, || 1);
            let second = own.submit_after(soon, || 1).then(|n| n + 1);
            first.join().unwrap() + second.join().unwrap()
        });
        assert_eq!(outer.join().unwrap(), 3);
    });
}

#[test]
fn its_twin_that_looks_and_then_waits_for_the_time_misses_it() {
    is_found(
        "`submit_after`",
        "looking whether a task may begin and waiting for that are one step",
        "deadlock",
        || {
            // Whether the time has come, and what waits for it.
            let task = Arc::new(Lock::new((false, None::<Arc<Event>>)));
            let timer = spawn({
                let task = Arc::clone(&task);
                move || {
                    let starter = {
                        let mut state = task.acquire();
                        state.0 = true;
                        state.1.take()
                    };
                    if let Some(starter) = starter {
                        starter.set();
                    }
                }
            });
            let may_begin = task.acquire().0;
            if !may_begin {
                let starter = Arc::new(Event::new());
                task.acquire().1 = Some(Arc::clone(&starter));
                starter.wait();
            }
            timer.join().unwrap();
        },
    );
}

#[test]
fn a_worker_waits_for_the_first_of_several_that_follow() {
    holds(RUNS, || {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let (slow, first) = pool.promise();
        let (quick, second) = pool.promise();
        let outer = pool.submit(move || {
            let tasks = [first.then(|n: u32| n), second.then(|n| n)];
            let ended = wait_any(&tasks);
            slow.set(1).unwrap();
            wait_all(&tasks);
            own.submit(|| ()).join().unwrap();
            ended
        });
        quick.set(2).unwrap();
        assert_eq!(outer.join().unwrap(), 1);
    });
}

#[test]
fn a_failure_passes_on_to_whatever_is_registered_meanwhile() {
    holds(RUNS, || {
        let pool = ThreadPool::new(1);
        let (promise, task) = pool.promise::<u32>();
        let dropper = spawn(move || drop(promise));
        let last = task.then(|n| n + 1).then(|n| n + 1);
        assert!(matches!(last.join(), Err(TaskError::Dropped)));
        dropper.join().unwrap();
        pool.shutdown();
    });
}

#[test]
fn every_reader_of_a_shared_task_gets_its_result() {
    holds(RUNS, || {
        let pool = ThreadPool::new(1);
        let task = pool.submit(|| vec![1, 2]).shared();
        let readers = [(); 2].map(|()| {
            let task = task.clone();
            spawn(move || {
                if let Some(seen) = task.peek() {
                    assert_eq!(seen.unwrap().len(), 2);
                }
                task.join().unwrap().iter().sum::<i32>()
            })
        });
        assert_eq!(task.join().unwrap()[0], 1);
        assert_eq!(readers.map(|reader| reader.join().unwrap()), [3, 3]);
    });
}

#[test]
fn its_twin_that_takes_and_then_leaves_the_result_shows_none() {
    is_found(
        "`shared`",
        "taking the result and leaving it for the others are one step",
        "the outcome is gone",
        || {
            let cell = Arc::new(Lock::new(Some(1)));
            let outcome = Arc::new(Lock::new(None));
            let readers = [(); 2].map(|()| {
                let (cell, outcome) = (Arc::clone(&cell), Arc::clone(&outcome));
                spawn(move || {
                    let taken = cell.acquire().take();
                    if taken.is_some() {
                        *outcome.acquire() = taken;
                    }
                    assert_eq!(*outcome.acquire(), Some(1), "the outcome is gone");
                })
            });
            join_all(readers).unwrap();
        },
    );
}

#[test]
fn a_wait_for_an_idle_pool_ends_when_it_is() {
    holds(RUNS, || {
        let pool = Arc::new(ThreadPool::new(1));
        let done = Arc::new(AtomicUsize::new(0));
        for _ in 0..2 {
            let done = Arc::clone(&done);
            pool.submit(move || done.fetch_add(1, Ordering::SeqCst));
        }
        let (promise, task) = pool.promise();
        let follows = task.then(|()| ());
        let idler = spawn({
            let (pool, done) = (Arc::clone(&pool), Arc::clone(&done));
            move || {
                pool.wait_idle();
                done.load(Ordering::SeqCst)
            }
        });
        match follows.cancel() {
            true => drop(promise),
            false => unreachable!("the promise is not set"),
        }
        assert_eq!(idler.join().unwrap(), 2);
        pool.wait_idle();
        assert!(pool.is_idle());
    });
}

#[test]
fn a_wait_for_an_idle_pool_ends_when_what_waits_is_cancelled() {
    holds(RUNS, || {
        let pool = Arc::new(ThreadPool::new(1));
        let tasks = [(); 2].map(|()| pool.submit(|| ()));
        let idler = spawn({
            let pool = Arc::clone(&pool);
            move || pool.wait_idle()
        });
        let cancelled = pool.cancel_pending();
        let ran = tasks
            .into_iter()
            .filter_map(|task| task.join().ok())
            .count();
        assert_eq!(ran + cancelled, 2);
        idler.join().unwrap();
    });
}

#[test]
fn its_twin_that_looks_and_then_waits_sleeps_for_ever() {
    is_found(
        "`wait_idle`",
        "looking whether the pool is idle and joining the waiters are one step",
        "deadlock",
        || {
            // How many tasks run, and what waits for the last of them.
            let pool = Arc::new(Lock::new((1, Vec::<Arc<Event>>::new())));
            let worker = spawn({
                let pool = Arc::clone(&pool);
                move || {
                    let mut state = pool.acquire();
                    state.0 -= 1;
                    state.1.drain(..).for_each(|idler| idler.set());
                }
            });
            let is_idle = pool.acquire().0 == 0;
            if !is_idle {
                let idler = Arc::new(Event::new());
                pool.acquire().1.push(Arc::clone(&idler));
                idler.wait();
            }
            worker.join().unwrap();
        },
    );
}

#[test]
fn a_task_whose_time_comes_as_it_is_cancelled_runs_or_does_not() {
    holds(RUNS, || {
        let pool = ThreadPool::new(1);
        let ran = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ran);
        let delay = Duration::from_millis(1);
        let task = pool.submit_after(delay, move || count.fetch_add(1, Ordering::SeqCst));
        let cancelled = task.cancel();
        assert_eq!(task.join().is_err(), cancelled);
        assert_eq!(ran.load(Ordering::SeqCst), usize::from(!cancelled));
    });
}

#[test]
fn a_drop_waits_for_a_worker_that_another_thread_is_starting() {
    holds(RUNS, || {
        let pool = ThreadPool::new(1);
        let (promise, task) = pool.promise();
        let follows = task.then(|()| ());
        // It starts the worker, which may find nothing to do and leave before the start has returned.
        let setter = spawn(move || promise.set(()).unwrap());
        follows.cancel();
        drop(pool);
        setter.join().unwrap();
    });
}

#[test]
fn its_twin_that_counts_workers_alone_leaves_one_behind() {
    is_found(
        "the drop of a pool",
        "a worker that is being started counts until its handle is where the drop finds it",
        "it was not joined",
        || {
            // How many workers there are, and their handles.
            let pool = Arc::new(Lock::new((1, Vec::new())));
            let gone = Arc::new(Event::new());
            let starter = spawn({
                let (pool, gone) = (Arc::clone(&pool), Arc::clone(&gone));
                move || {
                    let state = Arc::clone(&pool);
                    let worker = spawn(move || {
                        state.acquire().0 -= 1;
                        gone.set();
                    });
                    pool.acquire().1.push(worker);
                }
            });
            gone.wait();
            let workers = std::mem::take(&mut pool.acquire().1);
            starter.join().unwrap();
            assert_eq!(join_all(workers).unwrap().len(), 1, "it was not joined");
        },
    );
}

#[test]
fn a_task_that_has_the_last_handle_of_its_pool_is_cancelled_as_it_may_begin() {
    holds(RUNS, || {
        let pool = Arc::new(ThreadPool::builder(1).name("own").build());
        let (promise, task) = pool.promise();
        let own = Arc::clone(&pool);
        let follows = task.then(move |n: usize| own.size() + n);
        let last = follows.then(|n| n);
        let setter = spawn(move || promise.set(1).unwrap());
        drop(pool);
        let cancelled = last.cancel();
        assert_eq!(last.join().ok(), (!cancelled).then_some(2));
        setter.join().unwrap();
        // The drop of the pool did not wait for its worker.
        let workers = threadkit::threads().into_iter();
        let workers = workers.filter(|thread| thread.name().starts_with("own"));
        workers.for_each(|worker| worker.wait());
    });
}

#[test]
fn a_shutdown_waits_for_the_end_of_a_task_that_never_runs() {
    holds(RUNS, || {
        let pool = ThreadPool::new(1);
        let (promise, task) = pool.promise::<()>();
        let follows = task.then(|()| ());
        let dropper = spawn(move || drop(promise));
        pool.shutdown();
        assert!(follows.is_finished(), "it has not ended");
        dropper.join().unwrap();
    });
}

#[test]
fn a_shutdown_as_a_time_comes_ends_the_task_one_way() {
    holds(RUNS, || {
        let pool = ThreadPool::new(1);
        let task = pool.submit_after(Duration::from_millis(1), || 1);
        let never = pool.submit_after(Duration::MAX, || 2);
        pool.shutdown();
        assert!(task.is_finished() && never.is_finished());
        assert!(
            task.join()
                .map_or_else(|error| error.is_cancelled(), |n| n == 1)
        );
        assert!(never.join().unwrap_err().is_cancelled());
    });
}

#[test]
fn a_pool_that_grows_and_shrinks_runs_all_tasks() {
    holds(RUNS, || {
        let pool = Arc::new(ThreadPool::new(1));
        let tasks = [1, 2, 3].map(|n| pool.submit(move || n));
        let other = Arc::clone(&pool);
        let resizer = spawn(move || {
            other.set_size(2);
            other.set_size(1);
        });
        assert_eq!(tasks.map(|task| task.join().unwrap()), [1, 2, 3]);
        resizer.join().unwrap();
        pool.wait_idle();
    });
}
