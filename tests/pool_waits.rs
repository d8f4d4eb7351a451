//! Tasks that wait: for each other, for room in a pool, for the end of one. A pool always has a thread for them.

mod support;

use std::cell::RefCell;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use support::{LONG, MOMENT, bounded, eventually, occupy, panic_of, until_waiting};
use threadkit::{
    AnyTask, Event, Lock, OnDrop, StopSource, StopToken, Task, ThreadPool, WhenFull, as_completed,
    as_completed_until, spawn, stop_token, wait_all, wait_all_until, wait_any, wait_any_until,
};

/// A pool with one thread, with one task in its backlog, whose submitters run what else they submit.
fn full_pool() -> (Arc<ThreadPool>, Task<()>, Task<()>) {
    let pool = ThreadPool::builder(1).backlog(1, WhenFull::RunInCaller);
    let pool = Arc::new(pool.build());
    let busy = occupy(&pool);
    let waits = pool.submit(|| ());
    (pool, busy, waits)
}

/// An event that lets a task continue.
fn event() -> Arc<Event> {
    Arc::new(Event::new())
}

type WaitForm = fn(&Task<u32>, &StopToken);

/// Every form of waiting for a task to its end.
const FORMS: &[(&str, WaitForm)] = &[
    ("wait", |task, _| task.wait()),
    ("wait_timeout", |task, _| {
        assert!(task.wait_timeout(Duration::MAX));
    }),
    ("wait_until", |task, stop| task.wait_until(stop).unwrap()),
    ("wait_any", |task, _| assert_eq!(wait_any([task]), 0)),
    ("wait_any_until", |task, stop| {
        assert_eq!(wait_any_until([task], (LONG, stop)), Ok(0));
    }),
    ("wait_all", |task, _| wait_all([task])),
    ("wait_all_until", |task, stop| {
        wait_all_until([task], stop).unwrap();
    }),
    ("as_completed", |task, _| {
        assert_eq!(as_completed([task]).count(), 1);
    }),
    ("as_completed_until", |task, stop| {
        assert!(as_completed_until([task], stop).all(|task| task.is_ok()));
    }),
];

/// Those that no deadline ends.
fn without_deadline() -> impl Iterator<Item = &'static (&'static str, WaitForm)> {
    FORMS.iter().filter(|(form, _)| *form != "wait_any_until")
}

/// Makes another thread of the pool of one begin `task`, which ends when `go` is set.
fn begun_elsewhere<T>(task: &Task<T>, begun: &Event) {
    while !begun.is_set() {
        assert!(!task.wait_timeout(MOMENT), "it waits for `go`");
    }
}

/// A task that another thread has begun by the time that this returns, and that needs a third one when `go` is
/// set.
fn needy(pool: &Arc<ThreadPool>, go: &Arc<Event>) -> Task<u32> {
    let begun = event();
    let task = pool.submit({
        let (pool, begun, go) = (Arc::clone(pool), Arc::clone(&begun), Arc::clone(go));
        move || need_another(&pool, &begun, &go)
    });
    begun_elsewhere(&task, &begun);
    task
}

fn need_another(pool: &Arc<ThreadPool>, begun: &Event, go: &Event) -> u32 {
    begun.set();
    go.wait();
    let inner = pool.submit(|| 7);
    // A wait for several tasks runs none of them inline.
    wait_any([&inner]);
    inner.join().unwrap()
}

#[test]
fn a_worker_lends_its_place_for_a_task_that_has_begun() {
    bounded(|| {
        for (form, wait) in FORMS {
            let pool = Arc::new(ThreadPool::new(1));
            let own = Arc::clone(&pool);
            let outer = pool.submit(move || {
                let (source, go) = (StopSource::new(), event());
                let task = needy(&own, &go);
                go.set();
                wait(&task, &source.token());
                task.join().unwrap()
            });
            assert!(outer.wait_timeout(LONG), "{form}: {pool:?}");
            assert_eq!(outer.join().unwrap(), 7, "{form}");
        }
    });
}

#[test]
fn a_join_lends_its_place_for_a_task_that_has_begun() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let go = event();
            let task = needy(&own, &go);
            go.set();
            task.join().unwrap()
        });
        assert_eq!(outer.join().unwrap(), 7);
    });
}

#[test]
fn a_scope_lends_the_place_for_a_task_that_has_begun() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let (begun, go) = (Event::new(), Event::new());
            let ran = AtomicUsize::new(0);
            own.scope(|scope| {
                let task = scope.submit(|| {
                    let n = need_another(&own, &begun, &go);
                    ran.fetch_add(n as usize, Ordering::Relaxed);
                });
                begun_elsewhere(&task, &begun);
                go.set();
            });
            ran.into_inner()
        });
        assert_eq!(outer.join().unwrap(), 7);
    });
}

#[test]
fn a_map_lends_the_place_for_a_chunk_that_has_begun() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let (begun, go) = (event(), event());
            let (inner, at, may) = (Arc::clone(&own), Arc::clone(&begun), Arc::clone(&go));
            let mut map = own.map(0..2, move |n| match n {
                0 => 0,
                _ => need_another(&inner, &at, &may),
            });
            assert_eq!(map.next(), Some(0));
            // Another thread takes the second chunk, while this one waits for another pool.
            let other = ThreadPool::new(1);
            let elsewhere = occupy(&other);
            begun_elsewhere(&elsewhere, &begun);
            elsewhere.stop();
            go.set();
            map.next()
        });
        assert_eq!(outer.join().unwrap(), Some(7));
    });
}

/// Counts the leaves of a tree, each node a task that waits for its children in that way.
fn leaves(pool: &Arc<ThreadPool>, most: &Arc<AtomicUsize>, depth: u32, wait: Wait) -> u64 {
    if depth == 0 {
        most.fetch_max(pool.threads(), Ordering::Relaxed);
        return 1;
    }
    let child = || {
        let (own, most) = (Arc::clone(pool), Arc::clone(most));
        pool.submit(move || leaves(&own, &most, depth - 1, wait))
    };
    wait([child(), child(), child()])
}

type Wait = fn([Task<u64>; 3]) -> u64;

fn sum(tasks: [Task<u64>; 3]) -> u64 {
    tasks.into_iter().map(|task| task.join().unwrap()).sum()
}

/// Trees of tasks, whose widths grow fast and whose depths do not.
#[test]
fn the_number_of_threads_grows_with_the_depth_of_waits_and_not_with_their_number() {
    let waits: [(&str, u32, Wait); 5] = [
        ("as_completed", 7, |tasks| {
            as_completed(tasks).map(|task| task.join().unwrap()).sum()
        }),
        ("wait_any", 6, |tasks| {
            wait_any(&tasks);
            wait_all(&tasks);
            sum(tasks)
        }),
        ("wait_until", 6, |tasks| {
            let source = StopSource::new();
            for task in &tasks {
                task.wait_until(&source.token()).unwrap();
            }
            sum(tasks)
        }),
        ("wait_all_until", 6, |tasks| {
            wait_all_until(&tasks, LONG).unwrap();
            sum(tasks)
        }),
        ("join", 7, sum),
    ];
    bounded(move || {
        for (name, depth, wait) in waits {
            for size in [1, 2, 4] {
                let pool = Arc::new(ThreadPool::new(size));
                let most = Arc::new(AtomicUsize::new(0));
                let root = {
                    let (own, most) = (Arc::clone(&pool), Arc::clone(&most));
                    pool.submit(move || leaves(&own, &most, depth, wait))
                };
                assert!(root.wait_timeout(LONG), "{name}, {size}: {pool:?}");
                assert_eq!(root.join().unwrap(), 3_u64.pow(depth), "{name}, {size}");
                let most = most.load(Ordering::Relaxed);
                // One thread for each level, and one that runs. In a pool of several places, a thread sometimes leaves
                // the branch in which it would get furthest.
                let limit = match size {
                    1 => depth as usize + 1,
                    _ => 2 * size * (depth as usize + 1),
                };
                assert!(most <= limit, "{name}, {size}: {most} threads, not {limit}");
                eventually("those in addition have gone", || pool.threads() <= size);
            }
        }
    });
}

#[test]
fn a_task_that_is_waited_for_with_a_limit_goes_before_others() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let order = Arc::new(Lock::new(Vec::new()));
        let own = Arc::clone(&pool);
        let seen = Arc::clone(&order);
        let outer = pool.submit(move || {
            let note = |what| {
                let order = Arc::clone(&seen);
                own.submit(move || order.acquire().push(what))
            };
            let tasks = ["first", "second", "third", "fourth"].map(note);
            wait_all_until(&tasks[2..], LONG).unwrap();
            wait_all(&tasks);
        });
        outer.join().unwrap();
        assert_eq!(order.acquire()[..2], ["third", "fourth"]);
        assert_eq!(order.acquire().len(), 4);
    });
}

/// Two pools of one, whose tasks wait for each other in turns.
fn ping_pong(pools: &[Arc<ThreadPool>; 2], depth: u32, wait: WaitForm) -> u32 {
    if depth == 0 {
        return 0;
    }
    let source = StopSource::new();
    let other = [Arc::clone(&pools[1]), Arc::clone(&pools[0])];
    let task = pools[0].submit(move || ping_pong(&other, depth - 1, wait));
    wait(&task, &source.token());
    1 + task.join().unwrap()
}

#[test]
fn tasks_of_two_pools_of_one_wait_for_each_other_in_every_form() {
    bounded(|| {
        for (form, wait) in FORMS {
            let pools = [(); 2].map(|()| Arc::new(ThreadPool::new(1)));
            assert_eq!(ping_pong(&pools, 60, *wait), 60, "{form}");
        }
    });
}

/// In a pool of one, a task that waits for something and, before that, for another task.
struct Crossed {
    here: Arc<ThreadPool>,
    there: Arc<ThreadPool>,
}

impl Crossed {
    /// A task of `here` does `wait`, which ends only after another task of `here` has run.
    fn run(there: ThreadPool, wait: fn(Self)) {
        bounded(move || {
            let here = Arc::new(ThreadPool::new(1));
            let there = Arc::new(there);
            let crossed = Self {
                here: Arc::clone(&here),
                there: Arc::clone(&there),
            };
            let (begun, go) = (event(), event());
            let needs = {
                let (here, begun, go) = (Arc::clone(&here), Arc::clone(&begun), Arc::clone(&go));
                there.submit(move || {
                    begun.set();
                    go.wait();
                    here.submit(|| 7).join().unwrap()
                })
            };
            begun.wait();
            drop(there);
            let outer = here.submit(move || {
                go.set();
                wait(crossed);
            });
            assert!(outer.wait_timeout(LONG), "{here:?}");
            outer.join().unwrap();
            assert_eq!(needs.join().unwrap(), 7);
        });
    }
}

#[test]
fn a_worker_lends_its_place_while_it_waits_for_room_elsewhere() {
    let there = ThreadPool::builder(1).backlog(1, WhenFull::Block).build();
    Crossed::run(there, |crossed| {
        crossed.there.submit(|| ());
        crossed.there.submit(|| ());
        let task = crossed.there.submit_timeout(|| 1, LONG).unwrap();
        assert_eq!(task.join().unwrap(), 1);
    });
}

#[test]
fn a_worker_lends_its_place_while_it_waits_for_the_end_of_another_pool() {
    Crossed::run(ThreadPool::new(1), |crossed| crossed.there.shutdown());
    Crossed::run(ThreadPool::new(1), |crossed| {
        assert!(crossed.there.shutdown_timeout(LONG));
        drop(crossed.here);
    });
}

#[test]
fn a_worker_lends_its_place_while_it_drops_another_pool() {
    for on_drop in [OnDrop::Finish, OnDrop::Stop] {
        let there = ThreadPool::builder(1).on_drop(on_drop).build();
        Crossed::run(there, |crossed| drop(crossed.there));
    }
}

#[test]
fn a_hundred_thousand_tasks_run_in_their_submitter_need_one_stack() {
    fn chain(pool: &Arc<ThreadPool>, n: u32, done: mpsc::Sender<u32>) {
        if n == 0 {
            return done.send(0).unwrap();
        }
        let own = Arc::clone(pool);
        pool.submit(move || chain(&own, n - 1, done));
    }
    bounded(|| {
        let (pool, busy, waits) = full_pool();
        let (done, end) = mpsc::channel();
        chain(&pool, 100_000, done);
        busy.stop();
        waits.join().unwrap();
        assert_eq!(end.recv_timeout(LONG), Ok(0));
    });
}

#[test]
fn a_task_that_runs_in_its_submitter_joins_pending_ones() {
    bounded(|| {
        let (pool, busy, waits) = full_pool();
        let own = Arc::clone(&pool);
        // The only worker is busy until the end, so all of this happens here.
        let task = pool.submit(move || {
            waits.join().unwrap();
            let tasks = [1, 2, 3].map(|n| own.submit(move || n));
            wait_all(&tasks);
            let sum = tasks.into_iter().map(|task| task.join().unwrap());
            let more = own.map(0..10, |n| n).sum::<i32>();
            let mut scoped = 0;
            own.scope(|scope| {
                scope.submit(|| scoped = 4);
            });
            sum.sum::<i32>() + more + scoped
        });
        assert!(task.is_finished());
        assert_eq!(task.join().unwrap(), 6 + 45 + 4);
        busy.stop();
    });
}

#[test]
fn a_task_that_runs_in_its_submitter_is_not_refused_by_its_own_full_pool() {
    bounded(|| {
        for when_full in [WhenFull::Block, WhenFull::Refuse] {
            let pool = ThreadPool::builder(1).backlog(1, when_full);
            let pool = Arc::new(pool.build());
            let own = Arc::clone(&pool);
            let (busy, inside) = (occupy(&pool), occupy_none(&pool));
            let given_back = pool.try_submit(move || own.try_submit(|| 1).is_ok());
            assert!(given_back.unwrap_err().is_full());
            let own = Arc::clone(&pool);
            drop(inside);
            let task = pool.submit(move || own.submit(|| 1).join().unwrap());
            let unrun = pool.shutdown_now().pop().unwrap();
            assert!(panic_of(|| _ = pool.submit(|| ())).contains("shut down"));
            assert!(unrun.run());
            // It submits to a pool that was shut down, which refuses it as always.
            assert!(task.join().is_err());
            busy.join().unwrap();
        }
        let (pool, busy, waits) = full_pool();
        let own = Arc::clone(&pool);
        let task = pool.submit(move || {
            let inner = own.try_submit(|| 1).expect("a task of the pool is exempt");
            let later = own.submit(|| 2);
            assert!(!later.is_finished(), "it was queued, and not run here");
            inner.join().unwrap() + later.join().unwrap()
        });
        assert_eq!(task.join().unwrap(), 3);
        busy.stop();
        waits.join().unwrap();
    });
}

/// Fills the one place of a backlog, until it is dropped.
fn occupy_none(pool: &ThreadPool) -> impl Drop {
    struct Cancel(Task<()>);
    impl Drop for Cancel {
        fn drop(&mut self) {
            assert!(self.0.cancel());
        }
    }
    Cancel(pool.submit(|| ()))
}

/// A chain of tasks that were taken out of their pool, each of which joins the one before.
fn unrun_chain(length: u32) -> (ThreadPool, Task<u32>, Vec<threadkit::Unrun>) {
    let pool = ThreadPool::new(1);
    let busy = occupy(&pool);
    let mut last = pool.submit(|| 0);
    for _ in 0..length {
        let before = last;
        last = pool.submit(move || before.join().unwrap() + 1);
    }
    let unrun = pool.shutdown_now();
    assert_eq!(unrun.len(), length as usize + 1);
    busy.join().unwrap();
    (pool, last, unrun)
}

#[test]
fn a_task_that_was_taken_out_joins_another_that_was() {
    bounded(|| {
        let (_pool, last, mut unrun) = unrun_chain(1);
        assert!(unrun.pop().unwrap().run());
        assert_eq!(last.join().unwrap(), 1);
        assert!(unrun[0].is_cancelled(), "there is nothing left to run");
    });
}

#[test]
fn tasks_that_were_taken_out_join_each_other_deeper_than_any_stack() {
    bounded(|| {
        let (_pool, last, mut unrun) = unrun_chain(5_000);
        assert!(unrun.pop().unwrap().run());
        assert_eq!(last.join().unwrap(), 5_000);
        drop(unrun);
    });
}

#[test]
fn a_task_that_was_taken_out_awaits_another_that_its_own_thread_keeps() {
    bounded(|| {
        for (form, wait) in without_deadline() {
            let pool = ThreadPool::new(1);
            let busy = occupy(&pool);
            let inner = pool.submit(|| 7);
            let outer = pool.submit(move || {
                wait(&inner, &StopSource::new().token());
                inner.join().unwrap()
            });
            let unrun = pool.shutdown_now();
            busy.join().unwrap();
            // The last one first, while the one that it waits for is kept.
            unrun.into_iter().rev().for_each(|task| _ = task.run());
            assert_eq!(outer.join().unwrap(), 7, "{form}");
        }
    });
}

#[test]
fn several_tasks_that_were_taken_out_are_awaited_together_by_another() {
    bounded(|| {
        let waits: [Wait; 3] = [
            |tasks| as_completed(tasks).map(|task| task.join().unwrap()).sum(),
            |tasks| {
                wait_any(&tasks);
                sum(tasks)
            },
            |tasks| {
                wait_all(&tasks);
                sum(tasks)
            },
        ];
        for wait in waits {
            let pool = ThreadPool::new(1);
            let busy = occupy(&pool);
            let tasks = [1, 2, 3].map(|n| pool.submit(move || n));
            let outer = pool.submit(move || wait(tasks));
            let mut unrun = pool.shutdown_now();
            assert!(unrun.pop().unwrap().run());
            assert_eq!(outer.join().unwrap(), 6);
            busy.join().unwrap();
        }
    });
}

#[test]
fn a_worker_joins_a_task_that_was_taken_out_and_is_kept() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let (begun, go) = (event(), event());
        let inner = Arc::new(Lock::new(None::<Task<u32>>));
        let outer = pool.submit({
            let (begun, go, inner) = (Arc::clone(&begun), Arc::clone(&go), Arc::clone(&inner));
            move || {
                begun.set();
                go.wait();
                let task = inner.acquire().take().unwrap();
                task.join().unwrap()
            }
        });
        begun.wait();
        *inner.acquire() = Some(pool.submit(|| 7));
        let kept = pool.shutdown_now();
        go.set();
        assert_eq!(outer.join().unwrap(), 7);
        assert!(kept[0].is_cancelled());
    });
}

#[test]
fn a_task_that_was_given_back_is_not_stopped_by_the_pool() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        let inner = pool.submit(|| stop_token().is_stopped());
        let outer = pool.submit(move || (stop_token().is_stopped(), inner.join().unwrap()));
        let mut unrun = pool.shutdown_now();
        busy.join().unwrap();
        assert!(unrun.pop().unwrap().run());
        assert_eq!(outer.join().unwrap(), (false, false));
    });
}

#[test]
fn a_task_that_runs_in_its_submitter_is_stopped_with_the_pool() {
    bounded(|| {
        let (pool, busy, waits) = full_pool();
        let (entered, begun) = mpsc::channel();
        let own = Arc::clone(&pool);
        let submitter = spawn(move || {
            let task = own.submit(move || {
                entered.send(()).unwrap();
                stop_token().wait();
            });
            task.join().unwrap();
        });
        begun.recv_timeout(LONG).unwrap();
        drop(pool.shutdown_now());
        submitter.join().unwrap();
        busy.join().unwrap();
        assert!(waits.join().is_err());
    });
}

#[test]
fn a_scope_ends_though_the_pool_was_emptied_and_what_was_in_it_is_kept() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let ran = AtomicUsize::new(0);
        let mut kept = Vec::new();
        pool.scope(|scope| {
            let busy = occupy(&pool);
            scope.submit(|| ran.fetch_add(1, Ordering::Relaxed));
            let task = scope.submit(|| ran.fetch_add(1, Ordering::Relaxed));
            let free = pool.submit(|| ());
            kept = pool.shutdown_now();
            assert!(task.join().unwrap_err().is_cancelled());
            assert!(!free.is_finished());
            busy.join().unwrap();
        });
        assert_eq!(
            kept.len(),
            1,
            "the one that nothing but its handle relies on"
        );
        assert_eq!(ran.into_inner(), 0);
    });
}

#[test]
fn a_map_whose_pool_was_emptied_panics_and_does_not_wait() {
    bounded(|| {
        let pool = ThreadPool::builder(1).name("jobs").build();
        let (begun, go) = (event(), event());
        let (at, may) = (Arc::clone(&begun), Arc::clone(&go));
        let mut map = pool.map(0..100, move |n| {
            if n == 1 {
                at.set();
                may.wait();
            }
            n
        });
        assert_eq!(map.next(), Some(0));
        begun.wait();
        let kept = pool.shutdown_now();
        go.set();
        assert!(kept.is_empty(), "chunks are not given back");
        let mut seen = 0;
        let panic = panic_of(|| seen += map.by_ref().count());
        assert_eq!(panic, "pool `jobs` was shut down and takes no more tasks");
        assert_eq!(map.next(), None);
    });
}

#[test]
fn a_task_that_waits_for_itself_is_refused_in_every_form() {
    bounded(|| {
        for (form, wait) in FORMS {
            let pool = Arc::new(ThreadPool::new(1));
            let (give, take) = mpsc::channel::<Task<u32>>();
            let (told, tale) = mpsc::channel();
            let own = Arc::clone(&pool);
            let task = pool.submit(move || {
                let myself = take.recv().unwrap();
                let source = StopSource::new();
                told.send(panic_of(|| wait(&myself, &source.token())))
                    .unwrap();
                // The same one level up, from a task that runs inline.
                let myself = Arc::new(myself);
                let outer = Arc::clone(&myself);
                let inner =
                    own.submit(move || panic_of(|| wait(&outer, &StopSource::new().token())));
                told.send(inner.join().unwrap()).unwrap();
                // What does not wait is not refused.
                assert!(!myself.wait_timeout(Duration::ZERO));
                assert!(wait_all_until([&*myself], Duration::ZERO).is_err());
                assert!(wait_any_until([&*myself], Duration::ZERO).is_err());
                7
            });
            give.send(task).unwrap();
            for _ in 0..2 {
                let panic = tale.recv_timeout(LONG).expect(form);
                assert!(panic.contains("waits for itself"), "{form}: {panic}");
            }
        }
    });
}

#[test]
fn a_wait_for_the_first_of_several_may_name_the_waiter() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let (give, take) = mpsc::channel::<Task<u32>>();
        let own = Arc::clone(&pool);
        let (told, tale) = mpsc::channel();
        let task = pool.submit(move || {
            let myself = take.recv().unwrap();
            let other = own.submit(|| 1);
            assert_eq!(wait_any([&myself, &other]), 1);
            let mut ends = as_completed([&myself, &other]);
            assert!(ends.next().unwrap().is_finished());
            told.send(panic_of(|| _ = ends.next())).unwrap();
            let other = own.submit(|| 1);
            told.send(panic_of(|| wait_all([&other, &myself]))).unwrap();
            assert!(!other.is_finished(), "refused before it waited for any");
            0
        });
        give.send(task).unwrap();
        for _ in 0..2 {
            let panic = tale.recv_timeout(LONG).unwrap();
            assert!(panic.contains("waits for itself"), "{panic}");
        }
    });
}

#[test]
fn a_callback_waits_as_the_thread_that_calls_it() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        for (form, wait) in FORMS {
            let busy = occupy(&pool);
            let own = Arc::clone(&pool);
            let (told, tale) = mpsc::channel();
            busy.on_done(move |_| {
                let task = own.submit(|| 7);
                wait(&task, &StopSource::new().token());
                told.send(task.join().unwrap()).unwrap();
            });
            busy.stop();
            assert_eq!(tale.recv_timeout(LONG), Ok(7), "{form}");
        }
    });
}

#[test]
fn an_initializer_waits_for_a_task_of_its_own_pool_in_every_form() {
    bounded(|| {
        for (form, wait) in FORMS {
            let pool: Arc<std::sync::OnceLock<ThreadPool>> = Arc::default();
            let (own, once) = (Arc::clone(&pool), AtomicBool::new(false));
            let made = ThreadPool::builder(1).initializer(move || {
                if !once.swap(true, Ordering::Relaxed) {
                    let task = own.get().expect("it is made").submit(|| 7);
                    wait(&task, &StopSource::new().token());
                    assert_eq!(task.join().unwrap(), 7);
                }
            });
            let pool = pool.get_or_init(|| made.build());
            assert_eq!(pool.submit(|| 1).join().unwrap(), 1, "{form}");
        }
    });
}

/// The waiter sleeps already when its task is taken out, and no other thread may run the task.
#[test]
fn a_worker_that_waits_runs_a_task_that_is_taken_out() {
    bounded(|| {
        for (form, wait) in without_deadline() {
            let pool = Arc::new(ThreadPool::new(1));
            let own = Arc::clone(&pool);
            let (told, waits) = mpsc::channel();
            let outer = pool.submit(move || {
                // Takes the place that the waiter lends, and ignores a stop.
                let (begun, go) = (event(), event());
                let (at, may) = (Arc::clone(&begun), Arc::clone(&go));
                let other = own.submit(move || {
                    at.set();
                    may.wait();
                });
                begun_elsewhere(&other, &begun);
                let task = own.submit(|| 7);
                told.send(threadkit::current()).unwrap();
                wait(&task, &StopSource::new().token());
                go.set();
                task.join().unwrap()
            });
            until_waiting(&waits.recv_timeout(LONG).unwrap());
            let kept = pool.shutdown_now();
            assert_eq!(outer.join().unwrap(), 7, "{form}");
            assert!(kept.iter().all(threadkit::Unrun::is_cancelled));
        }
    });
}

#[test]
fn a_shutdown_without_time_by_a_task_is_not_refused() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let task = pool.submit(move || {
            assert!(!own.shutdown_timeout(Duration::ZERO));
            let source = StopSource::new();
            source.stop();
            assert!(own.shutdown_until(&source.token()).is_err());
            let refused = panic_of(|| _ = own.shutdown_timeout(MOMENT));
            assert!(refused.contains("never end"), "{refused}");
            own.try_submit(|| ()).unwrap_err().is_shut_down()
        });
        assert!(task.join().unwrap());
        pool.shutdown();
    });
}

#[test]
fn a_shutdown_by_a_task_that_runs_in_its_submitter_is_refused_as_by_any() {
    bounded(|| {
        let (pool, busy, waits) = full_pool();
        let own = Arc::clone(&pool);
        let task = pool.submit(move || own.shutdown());
        let error = task.join().unwrap_err();
        assert!(error.to_string().contains("never end"), "{error}");
        busy.stop();
        waits.join().unwrap();
    });
}

#[test]
fn a_task_that_runs_in_its_submitter_may_drop_the_last_owner_of_the_pool() {
    bounded(|| {
        let (pool, busy, waits) = full_pool();
        let (give, take) = mpsc::channel::<Arc<ThreadPool>>();
        let (told, tale) = mpsc::channel();
        let own = Arc::clone(&pool);
        let submitter = spawn(move || {
            let weak = Arc::downgrade(&own);
            let task = own.submit(move || {
                let last = take.recv().unwrap();
                eventually("the last one", || Arc::strong_count(&last) == 2);
                told.send(weak.upgrade().is_some()).unwrap();
                drop(last);
            });
            drop(own);
            task.join().unwrap();
        });
        give.send(pool).unwrap();
        assert_eq!(tale.recv_timeout(LONG), Ok(true));
        busy.stop();
        waits.join().unwrap();
        submitter.join().unwrap();
    });
}

/// Says when its drop begins, and waits there until it may continue.
struct Slow {
    dying: Arc<Event>,
    go: Arc<Event>,
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.dying.set();
        self.go.wait();
    }
}

thread_local! {
    static SLOW: RefCell<Option<Slow>> = const { RefCell::new(None) };
}

/// A pool whose only worker has left, and is destroying a thread-local until `go` is set.
fn with_dying_worker(on_drop: OnDrop) -> (ThreadPool, Arc<Event>) {
    let pool = ThreadPool::builder(1)
        .keep_alive(Duration::from_millis(1))
        .on_drop(on_drop)
        .build();
    let (dying, go) = (event(), event());
    let slow = Slow {
        dying: Arc::clone(&dying),
        go: Arc::clone(&go),
    };
    pool.submit(move || SLOW.set(Some(slow))).join().unwrap();
    assert!(dying.wait_timeout(LONG));
    (pool, go)
}

#[test]
fn a_submission_does_not_wait_for_the_destructors_of_a_dead_worker() {
    bounded(|| {
        let submissions: [fn(&ThreadPool) -> Task<u32>; 3] = [
            |pool| pool.submit(|| 1),
            |pool| pool.try_submit(|| 1).unwrap(),
            |pool| pool.submit_timeout(|| 1, LONG).unwrap(),
        ];
        for submit in submissions {
            let (pool, go) = with_dying_worker(OnDrop::Finish);
            assert_eq!(submit(&pool).join().unwrap(), 1);
            pool.scope(|scope| assert_eq!(scope.submit(|| 2).join().unwrap(), 2));
            assert_eq!(pool.map(0..3, |n| n).sum::<u32>(), 3);
            go.set();
        }
    });
}

#[test]
fn a_limited_shutdown_does_not_wait_for_the_destructors_of_a_dead_worker() {
    bounded(|| {
        let (pool, go) = with_dying_worker(OnDrop::Finish);
        assert!(pool.shutdown_timeout(LONG), "all tasks have ended");
        go.set();
        pool.shutdown();
    });
}

#[test]
fn a_detached_pool_does_not_wait_for_the_destructors_of_a_dead_worker() {
    bounded(|| {
        let (pool, go) = with_dying_worker(OnDrop::Detach);
        drop(pool);
        go.set();
    });
}

/// What a thread that ends is to do.
struct Last(Option<Box<dyn FnOnce() + Send>>);

impl Drop for Last {
    fn drop(&mut self) {
        if let Some(act) = self.0.take() {
            act();
        }
    }
}

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last(None)) };
}

/// Makes the only worker of a pool call `act` in the destructor of a thread-local, and returns the result.
fn by_dying_worker<T: Send + 'static>(act: fn(Arc<ThreadPool>) -> T) -> T {
    let pool = ThreadPool::builder(1).keep_alive(Duration::from_millis(1));
    let pool = Arc::new(pool.build());
    let (done, result) = mpsc::channel();
    let own = Arc::clone(&pool);
    let last = pool.submit(move || {
        let act = move || {
            let _ = done.send(act(own));
        };
        LAST.with_borrow_mut(|last| last.0 = Some(Box::new(act)));
    });
    last.join().unwrap();
    drop(pool);
    result.recv_timeout(LONG).expect("it has ended")
}

#[test]
fn a_dying_worker_submits_to_its_pool_and_joins() {
    bounded(|| {
        assert_eq!(by_dying_worker(|pool| pool.submit(|| 7).join().unwrap()), 7);
        let both = by_dying_worker(|pool| {
            let tasks = [1, 2].map(|n| pool.submit(move || n));
            wait_any(&tasks);
            pool.scope(|scope| scope.submit(|| 3).join().unwrap())
                + as_completed(tasks)
                    .map(|task| task.join().unwrap())
                    .sum::<i32>()
        });
        assert_eq!(both, 6);
    });
}

#[test]
fn a_dying_worker_shuts_its_pool_down_or_drops_it() {
    bounded(|| {
        by_dying_worker(|pool| pool.shutdown());
        assert!(by_dying_worker(|pool| pool.shutdown_timeout(LONG)));
        by_dying_worker(|pool| drop(pool.shutdown_now()));
        by_dying_worker(drop);
    });
}

#[test]
fn a_pool_that_a_task_keeps_alive_in_its_own_thread_ends_with_it() {
    thread_local! {
        static KEEP: RefCell<Option<Arc<ThreadPool>>> = const { RefCell::new(None) };
    }
    bounded(|| {
        let pool = ThreadPool::builder(1).keep_alive(Duration::from_millis(1));
        let pool = Arc::new(pool.build());
        let (own, weak) = (Arc::clone(&pool), Arc::downgrade(&pool));
        pool.submit(move || KEEP.set(Some(own))).join().unwrap();
        drop(pool);
        eventually("the pool is gone", || weak.strong_count() == 0);
    });
}

#[test]
fn a_drop_of_a_pool_whose_scope_runs_elsewhere_waits_for_it() {
    bounded(|| {
        for on_drop in [OnDrop::Finish, OnDrop::Stop, OnDrop::Detach] {
            let pool = ThreadPool::builder(1).on_drop(on_drop).build();
            let busy = occupy(&pool);
            let pending = pool.submit(|| 1);
            let stopper = spawn(move || {
                // Unless the drop of the pool stops it.
                if on_drop != OnDrop::Stop {
                    busy.stop();
                }
                busy.join().unwrap();
            });
            drop(pool);
            assert_eq!(pending.join().is_err(), on_drop == OnDrop::Stop);
            stopper.join().unwrap();
        }
    });
}

#[test]
fn an_iterator_over_tasks_is_left_half_way_inside_a_task() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let tasks: Vec<_> = (0..100).map(|n| own.submit(move || n)).collect();
            let mut ends = as_completed(&tasks);
            assert!(ends.next().unwrap().is_finished());
            mem::drop(ends);
            let mut map = own.map(0.., |n: u64| n);
            assert_eq!(map.next(), Some(0));
            drop(map);
            tasks
                .into_iter()
                .map(|task| task.join().unwrap())
                .sum::<u32>()
        });
        assert_eq!(outer.join().unwrap(), 4950);
        eventually("one is left", || pool.threads() <= 1);
        assert_eq!(pool.pending(), 0);
    });
}

#[test]
fn a_task_that_unwinds_waits_for_others() {
    struct Join(Option<Task<u32>>, Arc<AtomicUsize>);
    impl Drop for Join {
        fn drop(&mut self) {
            assert!(std::thread::panicking());
            let task = self.0.take().unwrap();
            let n = task.join().unwrap();
            self.1.fetch_add(n as usize, Ordering::Relaxed);
        }
    }
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let (own, seen) = (Arc::clone(&pool), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&seen);
        let outer = pool.submit(move || {
            let _join = Join(Some(own.submit(|| 7)), count);
            std::panic::resume_unwind(Box::new("unwinds"));
        });
        assert!(outer.join().is_err());
        assert_eq!(seen.load(Ordering::Relaxed), 7);
    });
}

#[test]
fn a_cancelled_task_ends_every_wait_for_it_inside_the_pool() {
    bounded(|| {
        for (form, wait) in FORMS {
            let pool = Arc::new(ThreadPool::new(2));
            // Both threads are taken, so the task stays pending until it is cancelled, if it is not run inline.
            let busy = occupy(&pool);
            let own = Arc::clone(&pool);
            let (sent, awaited) = mpsc::channel();
            let outer = pool.submit(move || {
                let task = Arc::new(own.submit(|| 7));
                sent.send(Arc::clone(&task)).unwrap();
                wait(&task, &StopSource::new().token());
                task.is_finished()
            });
            awaited.recv_timeout(LONG).unwrap().cancel();
            assert!(outer.join().unwrap(), "{form}");
            busy.stop();
        }
    });
}

#[test]
fn a_stop_of_the_waiter_ends_its_wait_and_returns_its_place() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let (begun, go) = (event(), event());
        let own = Arc::clone(&pool);
        let (at, may) = (Arc::clone(&begun), Arc::clone(&go));
        let outer = pool.submit(move || {
            let inner = own.submit(move || {
                at.set();
                may.wait();
            });
            let stopped = inner.wait_until(&stop_token()).is_err();
            may_go_on(&own);
            (stopped, inner)
        });
        begun.wait();
        outer.stop();
        let (stopped, inner) = outer.join().unwrap();
        assert!(stopped);
        go.set();
        inner.join().unwrap();
        eventually("one is left", || pool.threads() <= 1);
    });
}

/// The pool runs what is submitted.
fn may_go_on(pool: &ThreadPool) {
    assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
}

#[test]
fn a_scope_that_panics_on_a_worker_leaves_its_place_as_it_was() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let unwound = catch_unwind(AssertUnwindSafe(|| {
                own.scope(|scope| {
                    for _ in 0..10 {
                        scope.submit(|| ());
                    }
                    std::panic::resume_unwind(Box::new("out"));
                })
            }));
            assert!(unwound.is_err());
            may_go_on(&own);
        });
        outer.join().unwrap();
        may_go_on(&pool);
        assert!(pool.threads() <= 2);
    });
}

/// The rest of a task of a scope may outlive everything that the task borrowed.
#[test]
fn tasks_of_a_scope_leave_nothing_behind_that_borrows() {
    bounded(|| {
        let pool = ThreadPool::new(2);
        let drops = support::Drops::new();
        for round in 0..50 {
            // Freed at the end of the round, so that whatever reads it later is found by a sanitizer.
            let text = vec![round.to_string()];
            let awaited: Vec<_> = pool.scope(|scope| {
                let (text, drops) = (&text, &drops);
                let tasks: Vec<_> = (0..4)
                    .map(|_| scope.submit(move || (&text[0], drops.value())))
                    .collect();
                // A wait for several tasks keeps the tasks that it got, without their types.
                let awaited = tasks.iter().map(|task| task.__awaited()).collect();
                tasks[0].cancel();
                let mut tasks = tasks.into_iter();
                drop(tasks.next());
                let second = tasks.next().unwrap();
                second.wait();
                mem::forget(second);
                let _ = tasks.next().unwrap().join();
                awaited
            });
            drop(text);
            drop(awaited);
        }
        let left = drops.count();
        assert!(
            (100..=150).contains(&left),
            "{left}: all but the leaked ones are gone"
        );
    });
}
