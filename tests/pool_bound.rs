//! `ThreadPoolBuilder::max_threads`: what tasks that wait can do when a pool may have no more threads.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use support::{LONG, MOMENT, bounded, occupy, panic_of};
use threadkit::{
    Event, Latch, StopSource, StopToken, Task, ThreadPool, Timer, WhenFull, as_completed, spawn,
    stop_token, wait_all, wait_any,
};

fn small() -> Arc<ThreadPool> {
    let pool = ThreadPool::builder(1).name("small").max_threads(1).build();
    Arc::new(pool)
}

/// The message of a panic says what to do about a pool of that name and bound.
#[track_caller]
fn assert_names_bound(panic: &str, name: &str, bound: usize) {
    let what = format!(
        "all threads of pool `{name}` wait for tasks, and it may have no more than {bound}"
    );
    assert!(panic.contains(&what), "{panic}");
    assert!(
        panic.contains("`ThreadPoolBuilder::max_threads`"),
        "{panic}"
    );
}

#[test]
fn fewer_threads_than_tasks_at_once_are_refused() {
    let panic = panic_of(|| _ = ThreadPool::builder(4).max_threads(3));
    assert_eq!(
        panic,
        "a pool that runs 4 tasks at once needs as many threads, and not at most 3"
    );
    assert_eq!(ThreadPool::builder(4).max_threads(4).build().size(), 4);
}

#[test]
fn waits_without_a_limit_need_no_other_thread() {
    bounded(|| {
        let pool = small();
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let tasks = [1, 2, 3].map(|n| own.submit(move || n));
            assert_eq!(wait_any(&tasks), 0);
            assert_eq!(own.pending(), 2, "it ran one of them");
            wait_all(&tasks);
            let more = [4, 5].map(|n| own.submit(move || n));
            let all = tasks.into_iter().chain(as_completed(more));
            all.map(|task| task.join().unwrap()).sum::<u32>()
        });
        assert_eq!(outer.join().unwrap(), 15);
        assert_eq!(pool.threads(), 1);
    });
}

fn leaves(pool: &Arc<ThreadPool>, most: &Arc<AtomicUsize>, depth: u32) -> u64 {
    if depth == 0 {
        most.fetch_max(pool.threads(), Ordering::Relaxed);
        return 1;
    }
    let children: Vec<_> = (0..3)
        .map(|_| {
            let (own, most) = (Arc::clone(pool), Arc::clone(most));
            pool.submit(move || leaves(&own, &most, depth - 1))
        })
        .collect();
    as_completed(children)
        .map(|child| child.join().unwrap())
        .sum()
}

#[test]
fn a_tree_that_is_deeper_than_the_bound_is_computed() {
    bounded(|| {
        for (size, max_threads) in [(1, 1), (1, 2), (2, 2), (2, 3), (3, 5)] {
            let pool = ThreadPool::builder(size).max_threads(max_threads);
            let pool = Arc::new(pool.build());
            let most = Arc::new(AtomicUsize::new(0));
            let (own, seen) = (Arc::clone(&pool), Arc::clone(&most));
            let root = pool.submit(move || leaves(&own, &seen, 6));
            assert!(root.wait_timeout(LONG), "{size} of {max_threads}: {pool:?}");
            assert_eq!(root.join().unwrap(), 729);
            assert!(most.load(Ordering::Relaxed) <= max_threads);
        }
    });
}

#[test]
fn a_deadline_ends_a_wait_that_gets_no_help() {
    bounded(|| {
        let pool = small();
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let inner = own.submit(|| 7);
            let begun = Instant::now();
            assert!(!inner.wait_timeout(MOMENT));
            assert!(begun.elapsed() >= MOMENT);
            inner.join().unwrap()
        });
        assert_eq!(outer.join().unwrap(), 7);
    });
}

#[test]
fn a_wait_that_only_a_stop_could_end_is_refused_in_words() {
    bounded(|| {
        let pool = small();
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let inner = own.submit(|| 7);
            let source = StopSource::new();
            let panic = panic_of(|| _ = inner.wait_until(&source.token()));
            assert_names_bound(&panic, "small", 1);
            // The refusal has left the pool as it was, so the task can wait in another way.
            inner.join().unwrap()
        });
        assert_eq!(outer.join().unwrap(), 7);
        assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
    });
}

#[test]
fn a_stop_ends_a_wait_before_it_is_refused() {
    bounded(|| {
        let pool = small();
        let own = Arc::clone(&pool);
        let begun = Arc::new(Event::new());
        let entered = Arc::clone(&begun);
        let outer = pool.submit(move || {
            let inner = own.submit(|| 7);
            entered.set();
            assert!(inner.wait_until(&stop_token()).is_err());
            inner.join().unwrap()
        });
        begun.wait();
        outer.stop();
        assert_eq!(outer.join().unwrap(), 7);
    });
}

/// Each level waits in a way that no thread can help, so the bound is reached.
fn dig(pool: &Arc<ThreadPool>, stop: &threadkit::StopToken, depth: u32) -> u32 {
    if depth == 0 {
        return 0;
    }
    let (own, token) = (Arc::clone(pool), stop.clone());
    let task = pool.submit(move || dig(&own, &token, depth - 1));
    task.wait_until(stop).unwrap();
    task.join().unwrap() + 1
}

#[test]
fn waits_with_a_limit_deeper_than_the_bound_end_in_a_message() {
    bounded(|| {
        let pool = ThreadPool::builder(2).name("digs").max_threads(8).build();
        let pool = Arc::new(pool);
        let source = StopSource::new();
        let own = Arc::clone(&pool);
        let token = source.token();
        let shallow = pool.submit(move || dig(&own, &token, 7));
        assert_eq!(shallow.join().unwrap(), 7);
        let own = Arc::clone(&pool);
        let token = source.token();
        let deep = pool.submit(move || dig(&own, &token, 12));
        // The innermost wait is refused, and `unwrap` passes its panic up.
        assert_names_bound(&deep.join().unwrap_err().to_string(), "digs", 8);
        assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
    });
}

#[test]
fn two_pools_at_their_bounds_whose_tasks_wait_for_each_other_end_in_a_message() {
    bounded(|| {
        let (a, b) = (small(), small());
        let (there, back) = (Arc::clone(&b), Arc::clone(&a));
        let outer = a.submit(move || {
            let middle = there.submit(move || {
                let inner = back.submit(|| 7);
                let panic = panic_of(|| inner.wait());
                (panic, inner)
            });
            middle.join().unwrap()
        });
        let (panic, inner) = outer.join().unwrap();
        assert_names_bound(&panic, "small", 1);
        assert_eq!(inner.join().unwrap(), 7);
    });
}

#[test]
fn a_task_that_another_thread_runs_is_waited_for_at_the_bound() {
    bounded(|| {
        let pool = ThreadPool::builder(1)
            .max_threads(1)
            .backlog(1, WhenFull::RunInCaller);
        let pool = Arc::new(pool.build());
        let (handle, taken) = std::sync::mpsc::channel::<Task<u32>>();
        let waiter = pool.submit(move || taken.recv().unwrap().join().unwrap());
        while pool.pending() > 0 {
            std::thread::yield_now();
        }
        let pending = pool.submit(|| 1);
        let (told, begun) = std::sync::mpsc::channel();
        let own = Arc::clone(&pool);
        let caller = std::thread::spawn(move || {
            // Runs here, as the backlog is full, for longer than a wait has to be hopeless.
            let task = own.submit(move || {
                told.send(()).unwrap();
                threadkit::sleep(Duration::from_millis(1500));
                7
            });
            handle.send(task).unwrap();
        });
        begun.recv_timeout(LONG).unwrap();
        caller.join().unwrap();
        assert_eq!(waiter.join().unwrap(), 7, "it was not refused");
        assert_eq!(pending.join().unwrap(), 1);
    });
}

#[test]
fn a_scope_at_the_bound_runs_its_tasks() {
    bounded(|| {
        let pool = small();
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let mut numbers = [1, 2, 3];
            own.scope(|scope| {
                for number in &mut numbers {
                    scope.submit(|| *number *= 2);
                }
            });
            numbers.iter().sum::<u32>() + own.map(0..10_u32, |n| n).sum::<u32>()
        });
        assert_eq!(outer.join().unwrap(), 12 + 45);
        assert_eq!(pool.threads(), 1);
    });
}

#[test]
fn a_bound_is_no_limit_for_tasks_that_do_not_wait() {
    bounded(|| {
        let pool = ThreadPool::builder(2).max_threads(2).build();
        let tasks: Vec<_> = (0..1000).map(|n| pool.submit(move || n)).collect();
        wait_all(&tasks);
        let busy = [occupy(&pool), occupy(&pool)];
        assert_eq!(pool.threads(), 2);
        busy.iter().for_each(|task| _ = task.stop());
    });
}

/// Longer than a wait has to be hopeless before it is refused.
const LONGER: Duration = Duration::from_millis(2_500);

/// A pool of that size that cannot grow.
fn fixed(name: &str, size: usize) -> Arc<ThreadPool> {
    let pool = ThreadPool::builder(size).name(name).max_threads(size);
    Arc::new(pool.build())
}

/// A stop that never comes, so that a wait with it does not run what it waits for.
fn no_stop() -> StopToken {
    static SOURCE: LazyLock<StopSource> = LazyLock::new(StopSource::new);
    SOURCE.token()
}

/// Waits for a task that is in the backlog, in a way that only another thread can help.
fn wait_for_help<T>(task: Task<T>) -> T {
    task.wait_until(&no_stop()).unwrap();
    task.join().unwrap()
}

#[test]
fn a_wait_at_the_bound_lasts_while_another_one_will_end() {
    type Other = fn(&ThreadPool, &Arc<Event>);
    let others: [(&str, Other); 5] = [
        ("for a task of another pool", |_, go| {
            let (pool, go) = (ThreadPool::new(1), Arc::clone(go));
            wait_for_help(pool.submit(move || go.wait()));
        }),
        ("for the end of another pool", |_, go| {
            let (pool, go) = (ThreadPool::new(1), Arc::clone(go));
            pool.submit(move || go.wait());
            pool.shutdown();
        }),
        ("for a thread", |_, go| {
            let go = Arc::clone(go);
            spawn(move || go.wait()).join().unwrap();
        }),
        ("with a deadline", |pool, _| {
            let pending = pool.submit(|| ());
            assert!(!pending.wait_timeout(LONGER), "no thread is free");
        }),
        ("for an event", |_, go| go.wait()),
    ];
    let checks = others.map(|(name, other)| {
        spawn(move || {
            let (pool, go) = (fixed("two", 2), Arc::new(Event::new()));
            let entered = Arc::new(Latch::new(2));
            let meet = {
                let entered = Arc::clone(&entered);
                move || {
                    entered.count_down();
                    entered.wait();
                }
            };
            let (own, until, together) = (Arc::clone(&pool), Arc::clone(&go), meet.clone());
            let first = pool.submit(move || {
                together();
                other(&own, &until);
            });
            let own = Arc::clone(&pool);
            let second = pool.submit(move || {
                meet();
                wait_for_help(own.submit(|| 7))
            });
            Timer::after(LONGER, move || go.set());
            assert!(second.wait_timeout(LONG), "{name}: {pool:?}");
            assert_eq!(second.join().unwrap(), 7, "{name}");
            first.join().unwrap();
        })
    });
    threadkit::join_all(checks).unwrap();
}

#[test]
fn waits_of_two_pools_for_each_other_last_while_a_third_one_will_end_them() {
    bounded(|| {
        let (a, b, c) = (fixed("a", 1), fixed("b", 2), ThreadPool::new(1));
        let (entered, go) = (Arc::new(Latch::new(3)), Arc::new(Event::new()));
        let meet = move || {
            entered.count_down();
            entered.wait();
        };
        let until = Arc::clone(&go);
        let inner = c.submit(move || until.wait());
        let together = meet.clone();
        let ends = b.submit(move || {
            together();
            wait_for_help(inner);
        });
        let (there, back, together) = (Arc::clone(&b), Arc::clone(&a), meet.clone());
        let waits = b.submit(move || {
            together();
            wait_for_help(back.submit(|| 1))
        });
        let first = a.submit(move || {
            meet();
            wait_for_help(there.submit(|| 2))
        });
        Timer::after(LONGER, move || go.set());
        assert_eq!(first.join().unwrap(), 2);
        assert_eq!(waits.join().unwrap(), 1);
        ends.join().unwrap();
    });
}

/// Two tasks of two pools of one, each of which waits for what it makes of the other pool when both have begun.
fn crossing<T: Send + 'static>(
    a: &Arc<ThreadPool>,
    b: &Arc<ThreadPool>,
    ways: [fn(&ThreadPool) -> T; 2],
) -> [Task<T>; 2] {
    let entered = Arc::new(Latch::new(2));
    let [first, second] = ways;
    let cross = |at: &Arc<ThreadPool>, to: &Arc<ThreadPool>, way: fn(&ThreadPool) -> T| {
        let (to, entered) = (Arc::clone(to), Arc::clone(&entered));
        at.submit(move || {
            entered.count_down();
            entered.wait();
            way(&to)
        })
    };
    [cross(a, b, first), cross(b, a, second)]
}

#[test]
fn of_two_waits_that_are_hopeless_together_one_is_refused() {
    bounded(|| {
        let (a, b) = (fixed("x", 1), fixed("x", 1));
        let wait = |pool: &ThreadPool| wait_for_help(pool.submit(|| 7));
        let ends = crossing(&a, &b, [wait, wait]).map(Task::join);
        match ends {
            [Ok(7), Err(refused)] | [Err(refused), Ok(7)] => {
                assert_names_bound(&refused.to_string(), "x", 1);
            }
            ends => panic!("{ends:?}"),
        }
    });
}

#[test]
fn a_wait_is_refused_though_the_other_one_is_for_room() {
    bounded(|| {
        let a = ThreadPool::builder(1).name("a").max_threads(1);
        let a = Arc::new(a.backlog(1, WhenFull::Block).build());
        let b = fixed("b", 1);
        let [waits, submits] = crossing(
            &a,
            &b,
            [
                |b| wait_for_help(b.submit(|| 7)),
                |a| {
                    for _ in 0..3 {
                        a.submit(|| ());
                    }
                    0
                },
            ],
        );
        assert_names_bound(&waits.join().unwrap_err().to_string(), "b", 1);
        assert_eq!(submits.join().unwrap(), 0);
    });
}
