//! How tasks wait under thousands of schedules: when a worker lends its place, how many threads a pool has, how a
//! worker ends. Each protocol has a twin beside it, a small copy in which one step is missing.
//!
//! What the bodies of this file cover, of operations (rows) and the state of the task or pool that they meet:
//!
//! | | pending | claimed | cancelled | taken out | another pool's |
//! | --- | --- | --- | --- | --- | --- |
//! | `join`, `wait` | x | x | x | x | x |
//! | `wait_timeout`, `wait_until` | x | x | x | | x |
//! | `wait_any`, `wait_all`, their `_until` | x | x | x | | x |
//! | `as_completed`, `as_completed_until` | x | x | x | | x |
//! | the end of a scope, a map | x | x | x | | |
//! | `Unrun::run` and its drop | | | | x | |
//!
//! | | open | full | shut down | emptied | at its bound | left by its worker |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | `submit` | x | x | x | | x | x |
//! | a wait inside a task | x | x | | x | x | |
//! | `shutdown`, a drop | x | x | x | x | x | x |
//!
//! Pools that meet the end of `main` stand in `exit.rs`; thread-local destructors, which an exploration
//! does not schedule, in `pool_waits.rs`.

#[path = "../support/mod.rs"]
mod support;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::explored::{holds, is_found};
use threadkit::{
    Condition, Event, Lock, StopSource, Task, ThreadPool, WhenFull, as_completed,
    as_completed_until, spawn, wait_all, wait_all_until, wait_any, wait_any_until,
};

/// A limit that may end the wait or not, as the schedule decides.
const SOME: Duration = Duration::from_secs(1);

/// A limit that is never reached: the source is kept, and never stopped.
fn never() -> &'static StopSource {
    static SOURCE: std::sync::LazyLock<StopSource> = std::sync::LazyLock::new(StopSource::new);
    &SOURCE
}

/// A room for one task at a time, in which every schedule may look.
#[derive(Default)]
struct Inside {
    taken: Lock<bool>,
}

impl Inside {
    fn enter(&self) {
        let before = std::mem::replace(&mut *self.taken.acquire(), true);
        assert!(!before, "two tasks run at once");
    }

    fn leave(&self) {
        *self.taken.acquire() = false;
    }

    fn visit(&self) {
        self.enter();
        self.leave();
    }
}

/// Waits for a task to its end.
type WaitForm = fn(&Task<u32>);

const FORMS: [WaitForm; 7] = [
    |task| task.wait(),
    |task| task.wait_until(&StopSource::new().token()).unwrap(),
    |task| assert_eq!(wait_any([task]), 0),
    |task| assert_eq!(wait_any_until([task], &StopSource::new().token()), Ok(0)),
    |task| wait_all_until([task], &StopSource::new().token()).unwrap(),
    |task| assert_eq!(as_completed([task]).count(), 1),
    |task| assert!(as_completed_until([task], &StopSource::new().token()).all(|t| t.is_ok())),
];

/// The outer task waits in that form for an inner one, perhaps after a wait that times out. The inner task needs
/// another thread for a third task.
fn nested(pool: &Arc<ThreadPool>, wait: WaitForm) {
    let own = Arc::clone(pool);
    let outer = pool.submit(move || {
        let inner = Arc::clone(&own);
        let task = own.submit(move || {
            let innermost = inner.submit(|| 7);
            wait_any([&innermost]);
            innermost.join().unwrap()
        });
        let _ = task.wait_timeout(SOME);
        wait(&task);
        task.join().unwrap()
    });
    assert_eq!(outer.join().unwrap(), 7);
    pool.shutdown();
}

#[test]
fn a_task_is_awaited_in_every_form_whether_it_has_begun_or_not() {
    for wait in FORMS {
        holds(300, move || nested(&Arc::new(ThreadPool::new(1)), wait));
    }
}

/// The places of a pool of one, with a step that can be left out.
struct Places {
    busy: Lock<usize>,
    left: Condition,
}

impl Places {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            busy: Lock::new(0),
            left: Condition::new(),
        })
    }

    /// Begins a task when there is a place.
    fn enter(&self) {
        let mut busy = self.busy.acquire();
        while *busy >= 1 {
            self.left.wait(&mut busy);
        }
        *busy += 1;
    }

    /// Ends a task, or lends its place.
    fn leave(&self) {
        *self.busy.acquire() -= 1;
        self.left.notify_one();
    }

    /// Continues after a loan, although the place may be taken.
    fn go_on(&self) {
        *self.busy.acquire() += 1;
    }
}

/// A task that waits for another, first with a limit; that one waits for a third.
fn toy_lending(for_begun: bool) {
    let places = Places::new();
    places.enter();
    let begun = Arc::new(Lock::new(false));
    let inner = {
        let (places, begun) = (Arc::clone(&places), Arc::clone(&begun));
        spawn(move || {
            places.enter();
            *begun.acquire() = true;
            let innermost = {
                let places = Arc::clone(&places);
                spawn(move || {
                    places.enter();
                    places.leave();
                })
            };
            places.leave();
            innermost.join().unwrap();
            places.go_on();
            places.leave();
        })
    };
    places.leave();
    let _ = inner.wait_timeout(SOME);
    places.go_on();
    let lends = for_begun || !*begun.acquire();
    if lends {
        places.leave();
    }
    inner.join().unwrap();
    if lends {
        places.go_on();
    }
    places.leave();
}

#[test]
fn keeping_the_place_for_a_task_that_has_begun_is_found_out() {
    holds(500, || toy_lending(true));
    is_found(
        "pool lending",
        "a worker lends its place for a task that has begun",
        "deadlock",
        || toy_lending(false),
    );
}

#[test]
fn a_pool_of_one_runs_one_task_at_a_time_if_every_wait_lasts() {
    holds(1_000, || {
        let pool = Arc::new(ThreadPool::new(1));
        let inside = Arc::new(Inside::default());
        let (own, here) = (Arc::clone(&pool), Arc::clone(&inside));
        let outer = pool.submit(move || {
            here.enter();
            let tasks = [(); 2].map(|()| {
                let inside = Arc::clone(&here);
                own.submit(move || inside.visit())
            });
            here.leave();
            wait_any(&tasks);
            here.visit();
            wait_all_until(&tasks, &never().token()).unwrap();
            here.visit();
        });
        outer.join().unwrap();
        pool.shutdown();
    });
}

/// A worker ends a task for which another waits, and begins the next when there is a place.
fn toy_return(by_the_end: bool) {
    let (places, inside, done) = (Places::new(), Arc::new(Inside::default()), Event::new());
    let done = Arc::new(done);
    places.enter();
    let worker = {
        let (places, inside, done) = (Arc::clone(&places), Arc::clone(&inside), Arc::clone(&done));
        spawn(move || {
            for is_awaited in [true, false] {
                places.enter();
                inside.visit();
                if is_awaited && by_the_end {
                    places.go_on();
                }
                done.set();
                places.leave();
            }
        })
    };
    places.leave();
    done.wait();
    if !by_the_end {
        places.go_on();
    }
    inside.visit();
    places.leave();
    worker.join().unwrap();
}

#[test]
fn a_loan_that_the_waiter_gives_back_itself_is_found_out() {
    holds(500, || toy_return(true));
    is_found(
        "pool lending",
        "the end of the awaited task gives the place back",
        "two tasks run at once",
        || toy_return(false),
    );
}

#[test]
fn a_task_waits_for_threads_that_wait_for_tasks() {
    for wait in FORMS {
        holds(200, move || {
            let pool = Arc::new(ThreadPool::new(1));
            let own = Arc::clone(&pool);
            let outer = pool.submit(move || {
                let threads = [(); 2].map(|()| {
                    let own = Arc::clone(&own);
                    spawn(move || {
                        let inner = own.submit(|| 7);
                        wait(&inner);
                        inner.join().unwrap()
                    })
                });
                threadkit::join_all(threads).unwrap()
            });
            let other = pool.submit(|| 8);
            assert_eq!(other.join().unwrap(), 8);
            assert_eq!(outer.join().unwrap(), [7, 7]);
            pool.shutdown();
        });
    }
}

#[test]
fn a_task_with_a_scope_of_threads_that_wait_for_tasks_meets_a_shutdown() {
    holds(500, || {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            threadkit::scope(|s| {
                s.spawn(|| {
                    if let Ok(task) = own.try_submit(|| spawn(|| ()).join().unwrap()) {
                        let _ = task.wait_timeout(SOME);
                        task.wait();
                    }
                });
            });
        });
        pool.shutdown();
        outer.join().unwrap();
    });
}

#[test]
fn a_task_waits_for_threads_of_which_one_waits_for_room_that_another_thread_takes_first() {
    holds(2_000, || {
        let builder = ThreadPool::builder(1).backlog(1, WhenFull::Block);
        let pool = Arc::new(builder.build());
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let own = &*own;
            threadkit::scope(|s| {
                let short = s.spawn(|| ());
                let submits = s.spawn(|| {
                    drop(own.submit(|| ()));
                    drop(own.submit(|| ()));
                });
                short.join().unwrap();
                submits.join().unwrap();
            });
        });
        for _ in 0..2 {
            if let Ok(task) = pool.submit_timeout(|| (), SOME) {
                drop(task);
            }
        }
        outer.join().unwrap();
        pool.shutdown();
    });
}

/// A worker waits for a thread, which wants a task to run. A replacement runs it.
fn toy_replacing(the_worker_looks: bool) {
    #[derive(Default)]
    struct State {
        blocked: bool,
        wanted: bool,
    }
    let pool = Arc::new((Lock::new(State::default()), Event::new()));
    let replace = |pool: &Arc<(Lock<State>, Event)>| {
        let pool = Arc::clone(pool);
        spawn(move || pool.1.set())
    };
    let thread = {
        let pool = Arc::clone(&pool);
        spawn(move || {
            let blocked = {
                let mut state = pool.0.acquire();
                state.wanted = true;
                state.blocked
            };
            let replacement = blocked.then(|| replace(&pool));
            pool.1.wait();
            if let Some(thread) = replacement {
                thread.join().unwrap();
            }
        })
    };
    let wanted = {
        let mut state = pool.0.acquire();
        state.blocked = true;
        state.wanted
    };
    let replacement = (wanted && the_worker_looks).then(|| replace(&pool));
    thread.join().unwrap();
    if let Some(thread) = replacement {
        thread.join().unwrap();
    }
}

#[test]
fn a_worker_that_does_not_look_for_wanted_tasks_before_it_waits_is_found_out() {
    holds(500, || toy_replacing(true));
    is_found(
        "pool replacements",
        "a worker looks for wanted tasks before it waits for a thread",
        "deadlock",
        || toy_replacing(false),
    );
}

#[test]
fn tasks_of_two_pools_of_one_wait_for_each_other() {
    for wait in FORMS {
        holds(200, move || {
            let (a, b) = (Arc::new(ThreadPool::new(1)), Arc::new(ThreadPool::new(1)));
            let (there, back) = (Arc::clone(&b), Arc::clone(&a));
            let outer = a.submit(move || {
                let middle = there.submit(move || {
                    let inner = back.submit(|| 7);
                    let _ = inner.wait_timeout(SOME);
                    wait(&inner);
                    inner.join().unwrap()
                });
                wait(&middle);
                middle.join().unwrap()
            });
            assert_eq!(outer.join().unwrap(), 7);
            a.shutdown();
            b.shutdown();
        });
    }
}

#[test]
fn a_worker_waits_for_room_and_for_the_end_of_another_pool() {
    holds(700, || {
        let a = Arc::new(ThreadPool::new(1));
        let b = Arc::new(ThreadPool::builder(1).backlog(1, WhenFull::Block).build());
        let back = Arc::clone(&a);
        let needs = b.submit(move || back.submit(|| 7).join().unwrap());
        let there = Arc::clone(&b);
        let outer = a.submit(move || {
            let tasks = [1, 2].map(|n| there.submit(move || n));
            there.shutdown();
            tasks.map(|task| task.join().unwrap())
        });
        assert_eq!(outer.join().unwrap(), [1, 2]);
        assert_eq!(needs.join().unwrap(), 7);
        a.shutdown();
    });
}

#[test]
fn a_scope_and_a_map_wait_for_parts_that_have_begun() {
    holds(500, || {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let ran = AtomicUsize::new(0);
            own.scope(|scope| {
                let task = scope.submit(|| {
                    let inner = own.submit(|| 7);
                    wait_any([&inner]);
                    ran.fetch_add(inner.join().unwrap(), Ordering::Relaxed);
                });
                let _ = task.wait_timeout(SOME);
            });
            ran.into_inner() + own.map([1, 2], |n| n).sum::<usize>()
        });
        assert_eq!(outer.join().unwrap(), 10);
        pool.shutdown();
    });
}

#[test]
fn at_the_bound_a_wait_runs_what_it_waits_for() {
    holds(700, || {
        let pool = Arc::new(ThreadPool::builder(1).max_threads(1).build());
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let tasks = [1, 2].map(|n| own.submit(move || n));
            wait_any(&tasks);
            let more = [own.submit(|| 3), own.submit(|| 4)];
            let more = as_completed(more).map(|task| task.join().unwrap());
            let sum = more.sum::<u32>();
            wait_all(&tasks);
            assert_eq!(own.threads(), 1);
            sum + tasks.map(|task| task.join().unwrap()).iter().sum::<u32>()
        });
        assert_eq!(outer.join().unwrap(), 10);
        pool.shutdown();
    });
}

#[test]
fn no_schedule_has_more_threads_than_the_bound() {
    holds(700, || {
        let pool = Arc::new(ThreadPool::builder(1).max_threads(2).build());
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let inner = Arc::clone(&own);
            let task = own.submit(move || {
                let innermost = [1, 2].map(|n| inner.submit(move || n));
                let _ = innermost[1].wait_timeout(SOME);
                assert!(inner.threads() <= 2, "more threads than the bound");
                as_completed(innermost)
                    .map(|task| task.join().unwrap())
                    .sum::<u32>()
            });
            let _ = task.wait_timeout(SOME);
            task.join().unwrap()
        });
        assert_eq!(outer.join().unwrap(), 3);
        pool.shutdown();
    });
}

/// Two workers wait, and each of them starts another one if the pool may have one more.
fn toy_bound(in_one_step: bool) {
    let alive = Arc::new(Lock::new(2_usize));
    let lenders = [(); 2].map(|()| {
        let alive = Arc::clone(&alive);
        spawn(move || {
            let mut now = alive.acquire();
            if *now >= 3 {
                return;
            }
            if !in_one_step {
                drop(now);
                now = alive.acquire();
            }
            *now += 1;
        })
    });
    for lender in lenders {
        lender.join().unwrap();
    }
    assert!(*alive.acquire() <= 3, "more threads than the bound");
}

#[test]
fn looking_at_the_bound_and_counting_in_two_steps_is_found_out() {
    holds(300, || toy_bound(true));
    is_found(
        "pool bound",
        "looking at the bound and counting a thread are one step",
        "more threads than the bound",
        || toy_bound(false),
    );
}

#[test]
fn two_pools_at_their_bounds_end_or_are_refused() {
    holds(300, || {
        let pools = [(); 2].map(|()| Arc::new(ThreadPool::builder(1).max_threads(1).build()));
        let [a, b] = &pools;
        let (there, back) = (Arc::clone(b), Arc::clone(a));
        let outer = a.submit(move || {
            let middle = there.submit(move || {
                let inner = back.submit(|| 7);
                let refused = catch_unwind(AssertUnwindSafe(|| inner.wait())).is_err();
                (refused, inner)
            });
            middle.join().unwrap()
        });
        let (refused, inner) = outer.join().unwrap();
        assert!(refused, "no thread could run it");
        assert_eq!(inner.join().unwrap(), 7);
        pools.iter().for_each(|pool| pool.shutdown());
    });
}

#[test]
fn what_was_taken_out_is_run_once_by_its_keeper_or_its_joiner() {
    holds(700, || {
        let pool = Arc::new(ThreadPool::new(1));
        let ran = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ran);
        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let inner = own.submit(move || count.fetch_add(1, Ordering::SeqCst));
            inner.join().is_ok()
        });
        let kept = pool.shutdown_now();
        let mut given_back = false;
        for task in kept {
            given_back |= task.run();
        }
        let ran = match outer.join() {
            Ok(true) => ran.load(Ordering::SeqCst) == 1,
            // Refused, because the pool was shut down before; or taken out and cancelled.
            _ => ran.load(Ordering::SeqCst) == 0,
        };
        assert!(ran, "given back: {given_back}");
        pool.shutdown();
    });
}

#[test]
fn a_scope_ends_whenever_its_pool_is_emptied() {
    holds(700, || {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let closer = spawn(move || own.shutdown_now());
        let ran = AtomicUsize::new(0);
        let scope = catch_unwind(AssertUnwindSafe(|| {
            pool.scope(|scope| {
                for _ in 0..2 {
                    scope.submit(|| ran.fetch_add(1, Ordering::SeqCst));
                }
            });
        }));
        // This value was kept until here, and has nothing of the scope in it.
        assert!(closer.join().unwrap().is_empty());
        assert!(ran.into_inner() <= 2 && (scope.is_ok() || pool.try_submit(|| ()).is_err()));
        pool.shutdown();
    });
}

#[test]
fn a_full_pool_whose_submitters_run_tasks_that_submit_and_join() {
    holds(700, || {
        let pool = ThreadPool::builder(1).backlog(1, WhenFull::RunInCaller);
        let pool = Arc::new(pool.build());
        let tasks = [1, 2, 3].map(|n| {
            let own = Arc::clone(&pool);
            pool.submit(move || own.submit(move || n).join().unwrap())
        });
        let sum: u32 = tasks.into_iter().map(|task| task.join().unwrap()).sum();
        assert_eq!(sum, 6);
        pool.shutdown();
    });
}

#[test]
fn a_cancel_meets_every_form_of_waiting() {
    for wait in FORMS {
        holds(150, move || {
            let pool = Arc::new(ThreadPool::new(1));
            let inner = Arc::new(pool.submit(|| 7));
            let awaited = Arc::clone(&inner);
            let outer = pool.submit(move || wait(&awaited));
            inner.cancel();
            outer.join().unwrap();
            pool.shutdown();
        });
    }
}

#[test]
fn a_wait_for_all_that_reaches_its_limit_fails_only_with_unfinished_tasks() {
    holds(2000, || {
        let pool = ThreadPool::new(1);
        let task = pool.submit(|| ());
        if let Err(error) = wait_all_until([&task], SOME) {
            assert_eq!((error.unfinished(), error.total()), (1, 1));
        }
        pool.shutdown();
    });
}

#[test]
fn a_worker_that_leaves_and_waits_inside_tasks() {
    holds(700, || {
        let pool = ThreadPool::builder(1).keep_alive(SOME).build();
        let pool = Arc::new(pool);
        for _ in 0..2 {
            let own = Arc::clone(&pool);
            let outer = pool.submit(move || {
                let inner = own.submit(|| 7);
                wait_any([&inner]);
                inner.join().unwrap()
            });
            assert_eq!(outer.join().unwrap(), 7);
        }
        drop(pool);
    });
}

/// A worker that has nothing to do and is about to leave, and a submission.
#[derive(Default)]
struct Leaving {
    state: Lock<LeavingState>,
}

#[derive(Default)]
struct LeavingState {
    backlog: VecDeque<u32>,
    alive: bool,
    /// Where the worker sleeps.
    idle: Option<Arc<Event>>,
    ran: usize,
}

/// How the worker leaves.
#[derive(Clone, Copy, PartialEq)]
enum Leaves {
    Well,
    /// It sees that there is nothing to do, and says in a second step that it leaves.
    InTwoSteps,
    /// It leaves when its time is up, though it may have been called.
    ThoughCalled,
}

impl Leaving {
    fn work(&self, leaves: Leaves) {
        loop {
            let mut state = self.state.acquire();
            if state.backlog.pop_front().is_some() {
                state.ran += 1;
                continue;
            }
            if leaves == Leaves::InTwoSteps {
                drop(state);
                self.state.acquire().alive = false;
                return;
            }
            let call = Arc::new(Event::new());
            state.idle = Some(Arc::clone(&call));
            drop(state);
            if call.wait_timeout(SOME) {
                continue;
            }
            let mut state = self.state.acquire();
            if state.idle.take().is_some() || leaves == Leaves::ThoughCalled {
                state.alive = false;
                return;
            }
        }
    }

    /// Submits a task; starts a worker if there is none.
    fn submit(self: &Arc<Self>, leaves: Leaves) -> Option<threadkit::JoinHandle<()>> {
        let mut state = self.state.acquire();
        state.backlog.push_back(1);
        if let Some(idle) = state.idle.take() {
            idle.set();
            return None;
        }
        if std::mem::replace(&mut state.alive, true) {
            return None;
        }
        drop(state);
        let own = Arc::clone(self);
        Some(spawn(move || own.work(leaves)))
    }
}

fn toy_leaving(leaves: Leaves) {
    let pool = Arc::new(Leaving::default());
    let workers = [(); 3].map(|()| pool.submit(leaves));
    for worker in workers.into_iter().flatten() {
        worker.join().unwrap();
    }
    assert_eq!(pool.state.acquire().ran, 3, "a task was lost");
}

#[test]
fn leaving_in_two_steps_is_found_out() {
    holds(500, || toy_leaving(Leaves::Well));
    is_found(
        "pool dismissal",
        "seeing nothing to do and leaving are one step",
        "a task was lost",
        || toy_leaving(Leaves::InTwoSteps),
    );
}

#[test]
fn leaving_though_called_is_found_out() {
    is_found(
        "end of a worker",
        "a worker that was called as its time was up looks again",
        "a task was lost",
        || toy_leaving(Leaves::ThoughCalled),
    );
}
