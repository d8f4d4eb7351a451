//! What the docs promise about order, on free threads and under exploration alike.
//!
//! Each body brings about the order that it tests: it asks the questions that the promise itself answers, with
//! `yield_now` between them. So it holds under every schedule. Without the feature `explore` it runs on free threads.

use std::sync::Arc;
use std::time::Duration;

use threadkit::atomic::{AtomicBool, Ordering};
use threadkit::explore::{Explorer, check};
use threadkit::{
    Condition, Event, JoinHandle, LifoQueue, Lock, PriorityQueue, Queue, RwLock, Select, Semaphore,
    StopSource, ThreadPool, TimedOut, join_all, spawn, yield_now,
};

/// Starts a writer, and returns when it waits for the readers inside. From then on no other reader gets in.
fn waiting_writer(lock: &Arc<RwLock<Vec<&'static str>>>) -> JoinHandle<()> {
    let own = Arc::clone(lock);
    let writer = spawn(move || own.write().push("writer"));
    while lock.try_read().is_some() {
        yield_now();
    }
    writer
}

#[test]
fn a_writer_that_waits_keeps_new_readers_out() {
    check(|| {
        let lock = Arc::new(RwLock::new(Vec::new()));
        let reading = lock.read();
        let writer = waiting_writer(&lock);
        assert!(lock.try_read().is_none() && lock.try_upgradable().is_none());
        assert!(matches!(lock.read_timeout(Duration::ZERO), Err(TimedOut)));
        let readers = [(); 2].map(|()| {
            let lock = Arc::clone(&lock);
            spawn(move || lock.read().len())
        });
        // Longer than the bound on waiting for a lock: for readers nothing changes when it has passed.
        threadkit::sleep(Duration::from_millis(10));
        assert!(reading.is_empty(), "the writer waits for this guard");
        drop(reading);
        assert_eq!(join_all(readers).unwrap(), [1, 1], "the writer was first");
        writer.join().unwrap();
    });
}

#[test]
fn a_writer_that_gives_up_lets_the_readers_in() {
    check(|| {
        let lock = Arc::new(RwLock::new(0));
        let reading = lock.read();
        let writer = {
            let lock = Arc::clone(&lock);
            spawn(move || lock.write_timeout(Duration::from_millis(1)).is_err())
        };
        let reader = {
            let lock = Arc::clone(&lock);
            spawn(move || *lock.read())
        };
        // Both waits end although this guard stays: that of the reader ends when the writer has given up, or before.
        assert!(writer.join().unwrap());
        assert_eq!(reader.join().unwrap(), 0);
        drop(reading);
        assert!(lock.try_write().is_some());
    });
}

#[test]
fn an_upgrade_that_waits_keeps_new_readers_out() {
    check(|| {
        let lock = Arc::new(RwLock::new(0));
        let reading = lock.read();
        let upgrader = {
            let lock = Arc::clone(&lock);
            spawn(move || *lock.upgradable().upgrade() += 1)
        };
        while lock.try_read().is_some() {
            yield_now();
        }
        let reader = {
            let lock = Arc::clone(&lock);
            spawn(move || *lock.read())
        };
        assert_eq!(*reading, 0);
        drop(reading);
        assert_eq!(reader.join().unwrap(), 1, "the upgrade was first");
        upgrader.join().unwrap();
    });
}

/// A second read that deadlocks is found in the first run in which a writer comes in between.
#[test]
fn a_recursive_read_behind_a_writer_is_a_deadlock() {
    let failure = Explorer::new()
        .time_limit(Duration::from_secs(1))
        .try_check(|| {
            let lock = Arc::new(RwLock::named("shared", Vec::new()));
            let first = lock.read();
            let writer = waiting_writer(&lock);
            let second = lock.read();
            drop((first, second));
            writer.join().unwrap();
        })
        .unwrap_err();
    // The report says what a thread waits for if locks are tracked. Otherwise it names the threads that are left.
    let told = match cfg!(any(debug_assertions, feature = "explore")) {
        true => "read `shared`",
        false => "waiting_writer",
    };
    assert!(failure.what().contains(told), "{failure}");
}

/// The same at random, where no thread waits until the writer is there.
#[test]
#[cfg(feature = "explore")]
fn two_readers_with_a_writer_between_them_are_found() {
    let two_readers = || {
        let lock = Arc::new(RwLock::new(0));
        let asked = Arc::new(Event::new());
        let writer = spawn({
            let lock = Arc::clone(&lock);
            move || *lock.write() += 1
        });
        let second = spawn({
            let (lock, asked) = (Arc::clone(&lock), Arc::clone(&asked));
            move || {
                let value = *lock.read();
                asked.set();
                value
            }
        });
        let first = lock.read();
        asked.wait();
        drop(first);
        join_all([writer]).unwrap();
        second.join().unwrap();
    };
    for explorer in [Explorer::new().random(), Explorer::new().pct(3)] {
        let failure = explorer.runs(2_000).try_check(two_readers).unwrap_err();
        assert!(failure.what().starts_with("deadlock"), "{failure}");
    }
}

/// A thread that has waited longer than the bound is served before one that acquires the lock again and again.
#[test]
fn a_thread_that_has_waited_long_for_an_rw_lock_is_served_in_order() {
    for writes in [false, true] {
        Explorer::new().runs(20).check(move || {
            let lock = Arc::new(RwLock::new(0));
            let served = Arc::new(AtomicBool::new(false));
            let mut guard = lock.write();
            let waiter = spawn({
                let (lock, served) = (Arc::clone(&lock), Arc::clone(&served));
                move || {
                    match writes {
                        true => *lock.write() += 1,
                        false => drop(lock.read()),
                    }
                    served.store(true, Ordering::Release);
                }
            });
            // Without the bound the owner could acquire it again for ever, because it never waits.
            let mut rounds = 0;
            while !served.load(Ordering::Acquire) {
                rounds += 1;
                assert!(rounds < 100, "the waiter starves");
                threadkit::sleep(Duration::from_millis(10));
                drop(guard);
                guard = lock.write();
            }
            drop(guard);
            waiter.join().unwrap();
        });
    }
}

#[test]
fn one_that_asks_for_few_permits_does_not_pass_one_that_asks_for_many() {
    check(|| {
        let permits = Arc::new(Semaphore::new(1));
        let order = Arc::new(Lock::new(Vec::new()));
        let taker = |name, n| {
            let (permits, order) = (Arc::clone(&permits), Arc::clone(&order));
            spawn(move || {
                let held = permits.acquire_many(n);
                order.acquire().push(name);
                drop(held);
            })
        };
        let many = taker("many", 2);
        while permits.try_acquire().is_some() {
            yield_now();
        }
        let few = taker("few", 1);
        assert!(
            permits.try_acquire().is_none(),
            "one is free, and the first waits"
        );
        permits.release(1).unwrap();
        join_all([many, few]).unwrap();
        assert_eq!(*order.acquire(), ["many", "few"]);
    });
}

#[test]
fn a_notification_goes_to_the_waiter_that_has_waited_longest() {
    check(|| {
        let shared = Arc::new((Lock::new((0, Vec::new())), Condition::new()));
        let waiters = [0, 1].map(|n| {
            let own = Arc::clone(&shared);
            let waiter = spawn(move || {
                let (lock, called) = &*own;
                let mut guard = lock.acquire();
                guard.0 += 1;
                called.wait(&mut guard);
                guard.1.push(n);
            });
            // It releases the lock only while it waits.
            while shared.0.acquire().0 <= n {
                yield_now();
            }
            waiter
        });
        for served in 1..=2 {
            assert!(shared.1.notify_one());
            while shared.0.acquire().1.len() < served {
                yield_now();
            }
        }
        join_all(waiters).unwrap();
        assert_eq!(shared.0.acquire().1, [0, 1]);
    });
}

#[test]
fn a_queue_keeps_the_order_of_each_thread() {
    check(|| {
        let queue = Queue::bounded(2);
        let putters = [0, 10].map(|first| {
            let queue = queue.clone();
            spawn(move || (first..first + 3).for_each(|n| queue.put(n).unwrap()))
        });
        let got: Vec<_> = queue.iter().take(6).collect();
        join_all(putters).unwrap();
        for first in [0, 10] {
            let of_one = got.iter().copied().filter(|n| n / 10 == first / 10);
            assert!(of_one.eq(first..first + 3), "{got:?}");
        }
    });
}

#[test]
fn the_other_queues_give_what_comes_first_in_their_order() {
    check(|| {
        let (last, least) = (LifoQueue::unbounded(), PriorityQueue::unbounded());
        let putter = {
            let (last, least) = (last.clone(), least.clone());
            spawn(move || {
                for n in [2, 1, 3] {
                    last.put(n).unwrap();
                    least.put(n).unwrap();
                }
                last.shutdown();
                least.shutdown();
            })
        };
        while !least.is_shut_down() {
            yield_now();
        }
        assert_eq!(last.iter().collect::<Vec<_>>(), [3, 1, 2]);
        assert_eq!(least.iter().collect::<Vec<_>>(), [1, 2, 3]);
        putter.join().unwrap();
    });
}

#[test]
fn callbacks_of_a_stop_run_in_order_after_all_waiters_were_woken() {
    check(|| {
        let source = StopSource::new();
        let order = Arc::new(Lock::new(Vec::new()));
        let woken = Arc::new(Event::new());
        let waiter = spawn({
            let (stop, woken) = (source.token(), Arc::clone(&woken));
            move || {
                stop.wait();
                woken.set();
            }
        });
        for n in 0..3 {
            let (order, woken) = (Arc::clone(&order), Arc::clone(&woken));
            let callback = move || {
                // This would wait for ever if callbacks ran before waiters are woken.
                woken.wait();
                order.acquire().push(n);
            };
            source.token().on_stop(callback).detach();
        }
        source.stop();
        assert_eq!(*order.acquire(), [0, 1, 2]);
        waiter.join().unwrap();
    });
}

#[test]
fn a_select_made_anew_hears_every_queue() {
    check(|| {
        let (a, b) = (Queue::unbounded(), Queue::unbounded());
        let mut from_a = 0;
        for n in 0..200 {
            a.put("a").unwrap();
            b.put("b").unwrap();
            let mut select = Select::new().get(&a, |item| item).get(&b, |item| item);
            from_a += usize::from(select.wait() == Ok("a"));
            if n > 100 && (1..n).contains(&from_a) {
                return;
            }
        }
        panic!("{from_a} of 200 came from the first");
    });
}

#[test]
fn a_loop_that_yields_lets_the_others_go_on() {
    check(|| {
        let go = Arc::new(AtomicBool::new(false));
        let spinners = [(); 2].map(|()| {
            let go = Arc::clone(&go);
            spawn(move || {
                let mut rounds = 0_u64;
                while !go.load(Ordering::Acquire) {
                    rounds += 1;
                    yield_now();
                }
                rounds
            })
        });
        let setter = {
            let go = Arc::clone(&go);
            spawn(move || {
                // Time passes although two threads spin.
                threadkit::sleep(Duration::from_millis(1));
                go.store(true, Ordering::Release);
            })
        };
        join_all(spinners).unwrap();
        setter.join().unwrap();
    });
}

/// If a body only spins, an exploration reports that, and does not hang.
#[test]
#[cfg(feature = "explore")]
fn a_loop_without_an_end_is_found() {
    let never = || {
        let go = Arc::new(AtomicBool::new(false));
        let own = Arc::clone(&go);
        let spinner = spawn(move || {
            while !own.load(Ordering::Acquire) {
                yield_now();
            }
        });
        spinner.join().unwrap();
    };
    for explorer in [
        Explorer::new(),
        Explorer::new().pct(2),
        Explorer::new().exhaustive(),
    ] {
        let failure = explorer.max_steps(5_000).try_check(never).unwrap_err();
        assert!(
            failure.what().contains("no end after 5000 steps"),
            "{failure}"
        );
    }
}

/// Spins that do not yield end as well, because a thread may make a bounded number of steps in a row.
#[test]
#[cfg(feature = "explore")]
fn a_loop_that_does_not_yield_is_no_false_alarm() {
    let spins = || {
        let go = Arc::new(AtomicBool::new(false));
        let spinners = [(); 2].map(|()| {
            let go = Arc::clone(&go);
            spawn(move || {
                while !go.load(Ordering::Acquire) {
                    std::hint::spin_loop();
                }
            })
        });
        go.store(true, Ordering::Release);
        join_all(spinners).unwrap();
    };
    for explorer in [Explorer::new().random(), Explorer::new().pct(3)] {
        explorer.runs(200).check(spins);
    }
}

/// If every round of a spin yields, the number of schedules is finite.
#[test]
#[cfg(feature = "explore")]
fn a_spin_that_yields_is_explored_to_the_end() {
    let report = Explorer::new()
        .exhaustive()
        .runs(20_000)
        .time_limit(Duration::from_secs(100))
        .check(|| {
            let set = Arc::new(AtomicBool::new(false));
            let own = Arc::clone(&set);
            let setter = spawn(move || own.store(true, Ordering::Release));
            while !set.load(Ordering::Acquire) {
                yield_now();
            }
            setter.join().unwrap();
        });
    assert!(report.is_complete(), "every schedule was tried: {report:?}");
}

/// Starts threads that wait, each when the one before waits, and returns them in that order.
fn one_after_another<const N: usize>(
    start: impl Fn(usize) -> JoinHandle<()>,
    n_waiting: impl Fn() -> usize,
) -> [JoinHandle<()>; N] {
    std::array::from_fn(|n| {
        let thread = start(n);
        while n_waiting() <= n {
            yield_now();
        }
        thread
    })
}

#[test]
fn several_waiters_of_a_condition_are_notified_in_their_order() {
    check(|| {
        let shared = Arc::new((Lock::new(Vec::new()), Condition::new()));
        let waiters = one_after_another::<3>(
            |n| {
                let own = Arc::clone(&shared);
                spawn(move || {
                    let mut order = own.0.acquire();
                    own.1.wait(&mut order);
                    order.push(n);
                })
            },
            || shared.1.n_waiting(),
        );
        assert_eq!(shared.1.notify(2), 2);
        while shared.0.acquire().len() < 2 {
            yield_now();
        }
        // The third thread waits: the first two were notified, and then competed for the lock.
        let mut first = shared.0.acquire().clone();
        first.sort_unstable();
        assert_eq!(first, [0, 1]);
        assert!(shared.1.notify_one());
        join_all(waiters).unwrap();
        assert_eq!(shared.0.acquire()[2], 2);
    });
}

#[test]
fn permits_are_given_out_first_come_first_served() {
    check(|| {
        let permits = Arc::new(Semaphore::new(0));
        let order = Arc::new(Lock::new(Vec::new()));
        let takers = one_after_another::<3>(
            |n| {
                let (permits, order) = (Arc::clone(&permits), Arc::clone(&order));
                spawn(move || {
                    let held = permits.acquire();
                    order.acquire().push(n);
                    drop(held);
                })
            },
            || permits.n_waiting(),
        );
        permits.release(1).unwrap();
        join_all(takers).unwrap();
        assert_eq!(*order.acquire(), [0, 1, 2]);
    });
}

/// The same for a `Lock` as for an `RwLock` above.
#[test]
fn a_thread_that_has_waited_long_for_a_lock_is_served_in_order() {
    Explorer::new().runs(20).check(|| {
        let lock = Arc::new(Lock::new(()));
        let served = Arc::new(AtomicBool::new(false));
        let mut guard = lock.acquire();
        let waiter = spawn({
            let (lock, served) = (Arc::clone(&lock), Arc::clone(&served));
            move || {
                let _held = lock.acquire();
                served.store(true, Ordering::Release);
            }
        });
        let mut rounds = 0;
        while !served.load(Ordering::Acquire) {
            rounds += 1;
            assert!(rounds < 100, "the waiter starves");
            threadkit::sleep(Duration::from_millis(10));
            drop(guard);
            guard = lock.acquire();
        }
        drop(guard);
        waiter.join().unwrap();
    });
}

#[test]
fn one_worker_begins_tasks_in_the_order_of_their_submission() {
    check(|| {
        let pool = ThreadPool::new(1);
        let order = Arc::new(Lock::new(Vec::new()));
        let tasks: Vec<_> = (0..4)
            .map(|n| {
                let order = Arc::clone(&order);
                pool.submit(move || order.acquire().push(n))
            })
            .collect();
        tasks.into_iter().for_each(|task| task.join().unwrap());
        assert_eq!(*order.acquire(), [0, 1, 2, 3]);
    });
}
