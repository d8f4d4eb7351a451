//! Operations on pools and tasks inside callbacks, destructors and each other. Each case must end, on free threads and,
//! with the feature `explore`, under chosen schedules.

mod support;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use threadkit::{
    Event, Lock, OnDrop, Promise, SharedTask, Task, TaskError, ThreadPool, Timer, WhenFull,
    as_completed, scope, spawn, stop_token, wait_all, wait_any,
};

const SOON: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(86_400);

/// Runs the body many times, each time to its end.
#[cfg(feature = "explore")]
fn ends(body: fn()) {
    support::explored::holds(150, body);
}

/// Runs the body many times, each time to its end.
#[cfg(not(feature = "explore"))]
fn ends(body: fn()) {
    for _ in 0..20 {
        support::bounded(body);
    }
}

fn pool(size: usize) -> Arc<ThreadPool> {
    Arc::new(ThreadPool::new(size))
}

/// Waits for the workers of a pool with that name, which was dropped by a thread of its own.
fn no_worker_is_left(name: &str) {
    let all = threadkit::threads().into_iter();
    let workers = all.filter(|thread| thread.name().starts_with(name));
    workers.for_each(|worker| worker.wait());
}

/// Calls a function when it is dropped.
struct OnEnd<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> OnEnd<F> {
    fn call(f: F) -> Self {
        Self(Some(f))
    }
}

impl<F: FnOnce()> Drop for OnEnd<F> {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

#[test]
fn a_callback_on_a_worker_drops_the_last_handle() {
    ends(|| {
        let pool = Arc::new(ThreadPool::builder(2).name("mix-callback").build());
        let tasks = [1, 2].map(|n| pool.submit(move || n).shared());
        let last = tasks[0].clone();
        let own = Arc::clone(&pool);
        tasks[1].on_done(move |_| {
            // It runs inline, or has already run.
            assert_eq!(*last.join().unwrap(), 1);
            drop(own);
        });
        drop(pool);
        wait_all(&tasks);
        no_worker_is_left("mix-callback");
    });
}

#[test]
fn a_callback_of_a_cancelled_task_drops_the_last_handle_while_others_wait_and_follow() {
    ends(|| {
        let pool = pool(1);
        let gate = Arc::new(Event::new());
        let opens = Arc::clone(&gate);
        let runs = pool.submit(move || opens.wait());
        let follows = runs.then(|()| 1);
        let pending = pool.submit(|| 2);
        let own = Arc::clone(&pool);
        pending.on_done(move |_| {
            gate.set();
            drop(own);
        });
        drop(pool);
        assert!(pending.cancel() || pending.join().is_ok());
        assert_eq!(follows.join().unwrap(), 1);
    });
}

#[test]
fn destructors_of_cancelled_tasks_cancel_each_other() {
    ends(|| {
        let pool = pool(1);
        let gate = Arc::new(Event::new());
        let opens = Arc::clone(&gate);
        let busy = pool.submit(move || opens.wait());
        let mut last: Option<SharedTask<()>> = None;
        for _ in 0..4 {
            let cancels = last.take();
            let captured = OnEnd::call(move || {
                if let Some(task) = cancels {
                    task.cancel();
                }
            });
            last = Some(pool.submit(move || drop(captured)).shared());
        }
        let last = last.unwrap();
        let canceller = spawn({
            let last = last.clone();
            move || last.cancel()
        });
        gate.set();
        canceller.join().unwrap();
        busy.join().unwrap();
        pool.shutdown();
        assert!(last.is_finished());
    });
}

#[test]
fn a_pool_shrinks_to_one_while_all_of_its_workers_wait_for_tasks() {
    ends(|| {
        let pool = pool(3);
        let outer = [(); 3].map(|()| {
            let own = Arc::clone(&pool);
            pool.submit(move || {
                let inner = own.submit(|| 1);
                own.set_size(1);
                let all = [inner, own.submit(|| 2)];
                wait_all(&all);
                own.set_size(2);
                all.map(|task| task.join().unwrap()).iter().sum::<u32>()
            })
        });
        pool.set_size(1);
        assert_eq!(outer.map(|task| task.join().unwrap()), [3; 3]);
        pool.wait_idle();
    });
}

#[test]
fn a_worker_drops_its_pool_while_others_wait_for_its_tasks() {
    ends(|| {
        let pool = Arc::new(ThreadPool::builder(1).name("mix-own").build());
        let own = Arc::clone(&pool);
        let first = pool.submit(move || drop(own)).shared();
        let second = pool.submit(|| 2);
        let follows = second.then(|n| n + 1).shared();
        let waiter = spawn({
            let (first, follows) = (first.clone(), follows.clone());
            move || {
                first.wait();
                follows.wait();
            }
        });
        drop(pool);
        assert_eq!(*follows.join().unwrap(), 3);
        waiter.join().unwrap();
        no_worker_is_left("mix-own");
    });
}

#[cfg(not(feature = "explore"))]
#[test]
fn panics_in_destructors_of_bodies_values_and_callbacks_leave_a_pool_that_works() {
    ends(|| {
        let pool = pool(1);
        let (promise, task) = pool.promise::<OnEnd<fn()>>();
        let bomb = || OnEnd::call((|| panic!("a destructor that panics")) as fn());
        let captured = bomb();
        let cancelled = task.then(move |value| drop((captured, value)));
        cancelled.on_done(|_| panic!("a callback that panics"));
        let after = Arc::new(Event::new());
        let calls = Arc::clone(&after);
        cancelled.on_done(move |_| calls.set());
        assert!(cancelled.cancel());
        assert!(after.is_set());
        let _ = promise.set(bomb());
        // A value that no thread takes is dropped by the worker, or here if the task has ended.
        let untaken = pool.submit(bomb);
        let _ = catch_unwind(AssertUnwindSafe(|| drop(untaken)));
        let captured = bomb();
        let unrun = pool.submit_after(DAY, move || drop(captured));
        assert!(pool.cancel_pending() > 0);
        assert!(unrun.join().unwrap_err().is_cancelled());
        pool.wait_idle();
        assert_eq!(pool.submit(|| 7).join().unwrap(), 7);
    });
}

thread_local! {
    static AT_END: RefCell<Vec<Promise<u32>>> = const { RefCell::new(Vec::new()) };
}

#[test]
fn a_promise_is_dropped_with_the_thread_locals_of_a_worker_that_others_wait_for() {
    ends(|| {
        let (first, second) = (pool(1), pool(1));
        let (promise, task) = second.promise();
        let follows = task.then(|n| n + 1);
        first
            .submit(move || AT_END.with_borrow_mut(|all| all.push(promise)))
            .join()
            .unwrap();
        let waiter = spawn(move || follows.join());
        drop(first);
        assert!(matches!(waiter.join().unwrap(), Err(TaskError::Dropped)));
        drop(second);
    });
}

#[test]
fn a_promise_of_a_pool_is_dropped_with_the_thread_locals_of_its_own_worker() {
    ends(|| {
        let pool = pool(1);
        let (promise, task) = pool.promise();
        // A shutdown waits for tasks that follow. The worker leaves when it is idle, and nothing waits for it before
        // that.
        let follows = task.then(|n: u32| n + 1);
        let keeps = pool.submit(move || AT_END.with_borrow_mut(|all| all.push(promise)));
        keeps.join().unwrap();
        assert!(follows.cancel());
        drop(pool);
    });
}

#[test]
fn tasks_and_followers_of_two_pools_wait_for_each_other_in_turn() {
    ends(|| {
        let pools = [pool(1), pool(1)];
        fn go(pools: [Arc<ThreadPool>; 2], left: u32) -> u32 {
            if left == 0 {
                return 0;
            }
            let [here, there] = pools;
            let next = [Arc::clone(&there), Arc::clone(&here)];
            let task = there.submit(move || go(next, left - 1)).then(|n| n + 1);
            task.then(|n| n).join().unwrap()
        }
        let [first, second] = &pools;
        let both = [
            first.submit({
                let pools = pools.clone();
                move || go(pools, 3)
            }),
            second.submit({
                let pools = [Arc::clone(second), Arc::clone(first)];
                move || go(pools, 3)
            }),
        ];
        for task in both {
            assert_eq!(task.join().unwrap(), 3);
        }
        pools.iter().for_each(|pool| pool.shutdown());
    });
}

#[test]
fn promises_of_two_pools_are_set_by_followers_of_each_other() {
    ends(|| {
        let (left, right) = (pool(1), pool(1));
        let (set_left, task_left) = left.promise::<u32>();
        let (set_right, task_right) = right.promise::<u32>();
        let on_left = task_left.then(move |n| set_right.set(n + 1).unwrap());
        let on_right = task_right.then(|n| n + 1);
        let waits = left.submit(move || on_right.join().unwrap());
        set_left.set(1).unwrap();
        assert_eq!(waits.join().unwrap(), 3);
        on_left.join().unwrap();
        drop((left, right));
    });
}

#[test]
fn what_is_pending_is_cancelled_under_a_scope_and_a_map() {
    ends(|| {
        let pool = pool(2);
        let other = Arc::clone(&pool);
        let canceller = spawn(move || other.cancel_pending());
        let sum = AtomicUsize::new(0);
        let caught = catch_unwind(AssertUnwindSafe(|| {
            pool.scope(|s| {
                let tasks = [1, 2, 3].map(|n| {
                    let sum = &sum;
                    s.submit(move || sum.fetch_add(n, Ordering::Relaxed))
                });
                drop(tasks);
                s.map(0..4_usize, |n| n).sum::<usize>()
            })
        }));
        if let Ok(sum) = caught {
            assert_eq!(sum, 6);
        }
        canceller.join().unwrap();
        pool.wait_idle();
    });
}

#[test]
fn a_callback_shuts_its_pool_down_at_once_and_drops_what_it_gets() {
    ends(|| {
        let pool = Arc::new(ThreadPool::builder(2).name("mix-now").build());
        let first = pool.submit(|| 1);
        let others = [2, 3].map(|n| pool.submit(move || n).then(|n| n));
        let own = Arc::clone(&pool);
        first.on_done(move |_| drop(own.shutdown_now()));
        for other in others {
            if let Err(error) = other.join() {
                assert!(
                    error.is_cancelled() || error.to_string().contains("shut down"),
                    "{error}"
                );
            }
        }
        first.join().unwrap();
        // The callback may have the last handle.
        drop(pool);
        no_worker_is_left("mix-now");
    });
}

#[test]
fn a_wait_for_an_idle_pool_meets_changes_of_its_size_and_cancels() {
    ends(|| {
        let pool = pool(2);
        let tasks = [(); 3].map(|()| {
            let own = Arc::clone(&pool);
            pool.submit(move || {
                let inner = own.submit(|| ());
                own.set_size(1);
                inner.cancel();
            })
        });
        let idler = spawn({
            let pool = Arc::clone(&pool);
            move || pool.wait_idle()
        });
        pool.cancel_pending();
        pool.set_size(3);
        idler.join().unwrap();
        wait_all(&tasks);
    });
}

#[test]
fn a_timer_sets_a_promise_for_which_the_drop_of_a_pool_waits() {
    ends(|| {
        let pool = pool(1);
        let (promise, task) = pool.promise();
        let follows = task.then(|n: u32| n + 1);
        let timer = Timer::after(SOON, move || promise.set(1).unwrap());
        drop(pool);
        assert!(follows.is_finished());
        assert_eq!(follows.join().unwrap(), 2);
        timer.wait();
    });
}

#[test]
fn a_task_after_no_time_meets_a_cancel_a_new_size_and_the_end() {
    ends(|| {
        let pool = pool(1);
        let now = pool.submit_after(Duration::ZERO, || 1);
        let soon = pool.submit_after(SOON, || 2).then(|n| n);
        let canceller = spawn(move || (now.cancel(), now.join().is_ok()));
        pool.set_size(2);
        drop(pool);
        let (cancelled, ran) = canceller.join().unwrap();
        assert!(!(cancelled && ran));
        assert!(soon.is_finished());
    });
}

#[test]
fn a_shared_task_is_cancelled_in_the_callback_of_another_that_it_keeps() {
    ends(|| {
        let pool = pool(1);
        let (promise, task) = pool.promise::<u32>();
        let task = task.shared();
        let (own, kept) = (task.clone(), task.clone());
        // The task keeps itself alive until it has ended.
        task.on_done(move |_| assert!(own.is_finished()));
        let other = pool.submit(|| 1);
        other.on_done(move |_| {
            kept.cancel();
        });
        let setter = spawn(move || promise.set(7));
        task.wait();
        other.join().unwrap();
        assert_eq!(setter.join().unwrap().is_ok(), task.join().is_ok());
        pool.shutdown();
    });
}

#[cfg(not(feature = "explore"))]
#[test]
fn a_map_of_a_scope_inside_a_task_of_a_pool_of_one_panics_in_one_item() {
    ends(|| {
        let pool = pool(1);
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            own.scope(|s| {
                let map = s.map(0..8_u32, |n| match n {
                    5 => panic!("no five"),
                    n => n,
                });
                map.sum::<u32>()
            })
        });
        assert!(outer.join().unwrap_err().to_string().contains("no five"));
        assert_eq!(pool.submit(|| 7).join().unwrap(), 7);
    });
}

#[test]
fn submitters_that_wait_for_room_meet_every_end_of_the_wait() {
    for way in 0..4 {
        fn body(way: u32) {
            let pool = Arc::new(ThreadPool::builder(1).backlog(1, WhenFull::Block).build());
            let busy = pool.submit(|| stop_token().wait());
            let submitters = [(); 2].map(|()| {
                let pool = Arc::clone(&pool);
                spawn(move || pool.try_submit_all())
            });
            match way {
                0 => drop(pool.shutdown_now()),
                1 => drop(pool.cancel_pending()),
                2 => pool.set_size(3),
                _ => drop(busy.cancel()),
            }
            busy.stop();
            for submitter in submitters {
                submitter.join().unwrap();
            }
            pool.shutdown();
        }
        let bodies: [fn(); 4] = [|| body(0), || body(1), || body(2), || body(3)];
        ends(bodies[way]);
    }
}

trait SubmitsAll {
    /// Submits tasks, and waits for room for each, until the pool takes no more.
    fn try_submit_all(&self);
}

impl SubmitsAll for ThreadPool {
    fn try_submit_all(&self) {
        for _ in 0..2 {
            match self.submit_timeout(|| (), DAY) {
                Ok(task) => drop(task.join()),
                Err(_) => return,
            }
        }
    }
}

#[test]
fn a_full_pool_runs_in_the_caller_what_a_callback_submits() {
    ends(|| {
        let pool = Arc::new(
            ThreadPool::builder(1)
                .backlog(1, WhenFull::RunInCaller)
                .build(),
        );
        let ran = Arc::new(AtomicUsize::new(0));
        let (promise, task) = pool.promise();
        let (own, count) = (Arc::clone(&pool), Arc::clone(&ran));
        task.on_done(move |_| {
            for _ in 0..3 {
                let count = Arc::clone(&count);
                drop(own.submit(move || count.fetch_add(1, Ordering::SeqCst)));
            }
        });
        let follows = task.then(|()| ());
        promise.set(()).unwrap();
        follows.join().unwrap();
        pool.shutdown();
        assert_eq!(ran.load(Ordering::SeqCst), 3);
    });
}

#[test]
fn the_value_of_a_task_is_the_last_handle_of_its_pool() {
    ends(|| {
        let pool = Arc::new(ThreadPool::builder(1).name("mix-value").build());
        let own = Arc::clone(&pool);
        let task = pool.submit(move || own);
        let other = pool.submit(|| 1);
        drop(pool);
        drop(task);
        other.wait();
        no_worker_is_left("mix-value");
    });
}

#[test]
fn a_follower_that_waits_for_itself_is_refused() {
    ends(|| {
        let pool = pool(1);
        let (promise, task) = pool.promise::<()>();
        let own: Arc<Lock<Option<SharedTask<bool>>>> = Arc::default();
        let gets = Arc::clone(&own);
        let follows = task.then(move |()| {
            let me = gets.acquire().take().unwrap();
            catch_unwind(AssertUnwindSafe(|| me.wait())).is_err()
        });
        let follows = follows.shared();
        *own.acquire() = Some(follows.clone());
        promise.set(()).unwrap();
        assert!(*follows.join().unwrap());
    });
}

#[test]
fn a_pool_that_stops_on_drop_ends_what_follows_what_it_stops() {
    ends(|| {
        let pool = ThreadPool::builder(1).on_drop(OnDrop::Stop).build();
        let runs = pool.submit(|| stop_token().wait());
        let follows = runs.then(|()| 1);
        let (promise, task) = pool.promise::<()>();
        let never = task.then(|()| 2);
        let later = pool.submit_after(DAY, || 3);
        drop(pool);
        assert!(never.is_finished() && later.is_finished() && follows.is_finished());
        drop(promise);
    });
}

#[cfg(not(feature = "explore"))]
#[test]
fn an_initializer_that_panics_ends_all_that_was_to_come() {
    ends(|| {
        let pool = ThreadPool::builder(1)
            .initializer(|| panic!("no database"))
            .build();
        let (promise, task) = pool.promise::<u32>();
        let follows = task.then(|n| n + 1);
        let later = pool.submit_after(SOON, || 1);
        let now = pool.try_submit(|| 2);
        for task in [Some(follows), Some(later), now.ok()].into_iter().flatten() {
            assert!(task.join().is_err());
        }
        assert!(promise.set(1).is_err() || pool.is_broken());
    });
}

#[test]
fn a_worker_at_the_bound_waits_for_the_first_of_all_kinds() {
    ends(|| {
        let pool = Arc::new(ThreadPool::builder(1).max_threads(2).build());
        let own = Arc::clone(&pool);
        let (promise, promised) = pool.promise();
        let outer = pool.submit(move || {
            let tasks: [Task<u32>; 3] = [
                promised.then(|n| n),
                own.submit_after(SOON, || 2),
                own.submit(|| 3).then(|n| n),
            ];
            let first = wait_any(&tasks);
            own.set_size(2);
            own.set_size(1);
            let all = as_completed(&tasks).count();
            (first < 3, all)
        });
        promise.set(1).unwrap();
        assert_eq!(outer.join().unwrap(), (true, 3));
    });
}

#[test]
fn threads_of_a_scope_inside_a_task_cancel_and_follow_tasks_of_its_pool() {
    ends(|| {
        let pool = pool(1);
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let task = own.submit(|| 1).shared();
            scope(|s| {
                s.spawn(|| task.cancel());
                s.spawn(|| own.submit(|| 2).then(|n| n + 1).join().unwrap());
            });
            task.join().is_ok() || task.join().is_err()
        });
        assert!(outer.join().unwrap());
        pool.wait_idle();
    });
}

#[test]
fn a_panic_unwinds_through_the_last_handle_with_all_kinds_pending() {
    ends(|| {
        let pool = pool(1);
        let (promise, task) = pool.promise::<()>();
        let follows = task.then(|()| 1);
        let later = pool.submit_after(DAY, || 2);
        let runs = pool.submit(|| stop_token().wait());
        let caught = catch_unwind(AssertUnwindSafe(move || {
            let _pool = pool;
            resume_unwind(Box::new("unwinds"));
        }));
        assert!(caught.is_err());
        assert!(follows.is_finished() && later.is_finished() && runs.is_finished());
        drop(promise);
    });
}
