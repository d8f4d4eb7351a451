//! The pool's protocols under thousands of schedules, each beside a bad twin: a small copy, built from
//! public pieces, in which one step is missing and which must be found out.

#[path = "../support/mod.rs"]
mod support;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use support::explored::{fails, holds, is_found};
use threadkit::{
    Event, Lock, OnDrop, StopSource, ThreadPool, WhenFull, as_completed, spawn, stop_token,
    wait_all_until, wait_any, wait_any_until,
};

type Body = Box<dyn FnOnce() + Send>;

/// A minimal pool of one thread, in which a step can be left out.
struct Toy {
    state: Lock<(bool, VecDeque<Arc<ToyTask>>)>,
    news: Event,
    /// Whether a submission checks that the pool is open, and pushes, under one acquisition of the lock.
    in_one_step: bool,
}

struct ToyTask {
    body: Lock<Option<Body>>,
    claimed: Lock<bool>,
    /// Whether claiming is one swap, and not a read followed by a write.
    one_swap: bool,
}

impl ToyTask {
    fn claim(&self) -> bool {
        if self.one_swap {
            return !std::mem::replace(&mut *self.claimed.acquire(), true);
        }
        let claimed = *self.claimed.acquire();
        *self.claimed.acquire() = true;
        !claimed
    }
}

impl Toy {
    fn new(in_one_step: bool) -> Arc<Self> {
        Arc::new(Self {
            state: Lock::new((true, VecDeque::new())),
            news: Event::new(),
            in_one_step,
        })
    }

    fn submit(&self, one_swap: bool, body: impl FnOnce() + Send + 'static) -> Option<Arc<ToyTask>> {
        let task = Arc::new(ToyTask {
            body: Lock::new(Some(Box::new(body))),
            claimed: Lock::new(false),
            one_swap,
        });
        let mut state = self.state.acquire();
        if !state.0 {
            return None;
        }
        if !self.in_one_step {
            drop(state);
            state = self.state.acquire();
        }
        state.1.push_back(Arc::clone(&task));
        drop(state);
        self.news.set();
        Some(task)
    }

    fn close(&self) {
        self.state.acquire().0 = false;
        self.news.set();
    }

    fn work(&self) {
        loop {
            let (open, task) = {
                let mut state = self.state.acquire();
                (state.0, state.1.pop_front())
            };
            match task {
                Some(task) => {
                    if task.claim() {
                        let body = task.body.acquire().take().expect("claimed twice");
                        body();
                    }
                }
                None if open => {
                    self.news.wait();
                    self.news.clear();
                    // The next look sees what arrived before the notification was cleared.
                }
                None => return,
            }
        }
    }
}

#[test]
fn a_task_runs_or_is_cancelled() {
    holds(1_500, || {
        let pool = ThreadPool::new(1);
        let ran = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ran);
        let task = pool.submit(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let cancelled = task.cancel();
        assert_eq!(task.join().is_err(), cancelled);
        pool.shutdown();
        assert_eq!(ran.load(Ordering::SeqCst), usize::from(!cancelled));
    });
}

/// A worker and a canceller race for one task.
fn toy_claim(one_swap: bool) {
    let toy = Toy::new(true);
    let worker = {
        let toy = Arc::clone(&toy);
        spawn(move || toy.work())
    };
    let task = toy.submit(one_swap, || ()).expect("it is open");
    if task.claim() {
        drop(task.body.acquire().take().expect("claimed twice"));
    }
    toy.close();
    worker.join().unwrap();
}

#[test]
fn claiming_in_two_steps_is_found_out() {
    holds(500, || toy_claim(true));
    is_found(
        "task cancel",
        "claiming is one swap",
        "claimed twice",
        || toy_claim(false),
    );
}

#[test]
fn a_cancel_a_stop_and_a_shutdown_end_a_task_one_way() {
    holds(1_500, || {
        let pool = Arc::new(ThreadPool::new(1));
        let first = pool.submit(|| stop_token().wait());
        let second = Arc::new(pool.submit(|| stop_token().is_stopped()));
        let canceller = {
            let second = Arc::clone(&second);
            spawn(move || second.cancel())
        };
        let unrun = pool.shutdown_now();
        let mut ends = usize::from(canceller.join().unwrap());
        ends += unrun
            .into_iter()
            .filter(|task| !task.is_cancelled())
            .count();
        pool.shutdown();
        let second = Arc::into_inner(second).expect("the canceller is gone");
        match second.join() {
            Ok(stopped) => assert!(stopped && ends == 0),
            Err(error) => assert!(error.is_cancelled() && ends >= 1),
        }
        // The task began before the shutdown and was stopped, or it did not begin.
        assert!(first.is_finished());
        drop(first);
    });
}

#[test]
fn what_a_shutdown_meets_is_run_or_given_back() {
    holds(1_500, || {
        let pool = Arc::new(ThreadPool::new(1));
        let submitter = {
            let pool = Arc::clone(&pool);
            spawn(move || pool.try_submit(|| 7))
        };
        pool.shutdown();
        match submitter.join().unwrap() {
            Ok(task) => assert_eq!(task.join().unwrap(), 7),
            Err(error) => assert_eq!(error.into_body()(), 7),
        }
    });
}

/// A submission races a shutdown. A task that was accepted must run.
fn toy_shutdown(in_one_step: bool) {
    let toy = Toy::new(in_one_step);
    let worker = {
        let toy = Arc::clone(&toy);
        spawn(move || toy.work())
    };
    let closer = {
        let toy = Arc::clone(&toy);
        spawn(move || toy.close())
    };
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    let taken = toy.submit(true, move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    closer.join().unwrap();
    worker.join().unwrap();
    assert_eq!(
        ran.load(Ordering::SeqCst),
        usize::from(taken.is_some()),
        "a task was lost"
    );
}

#[test]
fn looking_and_pushing_in_two_steps_is_found_out() {
    holds(500, || toy_shutdown(true));
    is_found(
        "pool shutdown",
        "looking whether it is open and pushing are one step",
        "a task was lost",
        || toy_shutdown(false),
    );
}

#[test]
fn a_pool_of_one_joins_inside_itself() {
    holds(1_000, || {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let task = pool.submit(move || {
            let inner = Arc::clone(&own);
            let middle = own.submit(move || inner.submit(|| 1).join().unwrap() + 1);
            middle.join().unwrap() + 1
        });
        assert_eq!(task.join().unwrap(), 3);
        pool.shutdown();
    });
}

#[test]
fn a_join_inside_the_pool_and_a_cancel_from_outside() {
    holds(1_500, || {
        let pool = Arc::new(ThreadPool::new(2));
        let ran = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ran);
        let inner = Arc::new(pool.submit(move || {
            count.fetch_add(1, Ordering::SeqCst);
        }));
        let awaited = Arc::clone(&inner);
        let outer = pool.submit(move || awaited.wait());
        let cancelled = inner.cancel();
        outer.join().unwrap();
        pool.shutdown();
        assert_eq!(ran.load(Ordering::SeqCst), usize::from(!cancelled));
    });
}

#[test]
fn a_twin_that_waits_without_running_is_found_out() {
    is_found(
        "pool `join`",
        "a task that waits for another runs it",
        "deadlock",
        || {
            let pool = Arc::new(ThreadPool::new(1));
            let own = Arc::clone(&pool);
            let task = pool.submit(move || {
                let done = Arc::new(Event::new());
                let news = Arc::clone(&done);
                let inner = own.submit(move || news.set());
                // A pool cannot know that this waits for the task.
                done.wait();
                inner.join().unwrap();
            });
            task.join().unwrap();
        },
    );
}

#[test]
fn a_wait_with_a_limit_gets_a_replacement() {
    holds(1_000, || {
        let pool = Arc::new(ThreadPool::new(1));
        let own = Arc::clone(&pool);
        let source = StopSource::new();
        let token = source.token();
        let task = pool.submit(move || {
            let inner = own.submit(|| 1);
            // It is not stopped: it ends because another thread runs the task.
            inner.wait_until(&token).unwrap();
            inner.join().unwrap()
        });
        assert_eq!(task.join().unwrap(), 1);
        let after = pool.submit(|| 2);
        assert_eq!(after.join().unwrap(), 2);
        pool.shutdown();
        drop(source);
    });
}

#[test]
fn a_drop_waits_for_all_tasks_and_threads() {
    holds(1_500, || {
        let ran = Arc::new(AtomicUsize::new(0));
        let pool = ThreadPool::new(2);
        for _ in 0..2 {
            let ran = Arc::clone(&ran);
            pool.submit(move || ran.fetch_add(1, Ordering::SeqCst));
        }
        drop(pool);
        assert_eq!(ran.load(Ordering::SeqCst), 2);
        // The exploration checks that no thread is left behind.
    });
}

#[test]
fn a_twin_that_does_not_wait_is_found_out() {
    is_found(
        "pool drop",
        "a drop waits for the threads",
        "left threads behind",
        || {
            let pool = ThreadPool::builder(1).on_drop(OnDrop::Detach).build();
            pool.submit(|| ());
            drop(pool);
        },
    );
}

#[test]
fn a_panic_that_no_joiner_takes_fails_the_run() {
    fails("unheard", || {
        let pool = ThreadPool::new(1);
        pool.submit(|| panic!("unheard"));
    });
}

#[test]
fn room_in_the_backlog_reaches_a_thread_that_waits_for_it() {
    holds(1_000, || {
        let pool = Arc::new(ThreadPool::builder(1).backlog(1, WhenFull::Block).build());
        let other = Arc::clone(&pool);
        let submitter = spawn(move || {
            let tasks = [1, 2].map(|n| other.submit(move || n));
            tasks.map(|task| task.join().unwrap())
        });
        let here = pool.submit(|| 3);
        // A place that a thread gives up counts like a place that a thread leaves.
        here.cancel();
        assert_eq!(submitter.join().unwrap(), [1, 2]);
        drop(here);
    });
}

#[test]
fn a_keep_alive_that_ends_as_a_task_comes_loses_nothing() {
    holds(1_500, || {
        let pool = ThreadPool::builder(1)
            .keep_alive(Duration::from_secs(1))
            .build();
        for n in 0..2 {
            assert_eq!(pool.submit(move || n).join().unwrap(), n);
        }
    });
}

#[test]
fn the_first_of_several_and_all_in_the_order_of_their_ends() {
    holds(1_000, || {
        let pool = ThreadPool::new(2);
        let tasks = [1, 2].map(|n| pool.submit(move || n));
        let first = wait_any(&tasks);
        assert!(tasks[first].is_finished());
        let sum: i32 = as_completed(tasks).map(|task| task.join().unwrap()).sum();
        assert_eq!(sum, 3);
    });
}

#[test]
fn a_limit_ends_a_wait_for_several() {
    holds(1_000, || {
        let pool = ThreadPool::new(1);
        let slow = pool.submit(|| stop_token().wait());
        let quick = pool.submit(|| ());
        let limit = Duration::from_secs(1);
        assert!(wait_any_until([&slow, &quick], limit).is_err());
        assert_eq!(
            wait_all_until([&slow, &quick], limit)
                .unwrap_err()
                .unfinished(),
            2
        );
        slow.stop();
        assert!(wait_any([&quick, &slow]) < 2);
        slow.join().unwrap();
    });
}

#[test]
fn a_scope_waits_for_its_tasks() {
    holds(1_000, || {
        let pool = ThreadPool::new(1);
        let mut numbers = [1, 2];
        let (left, right) = numbers.split_at_mut(1);
        pool.scope(|scope| {
            scope.submit(|| left[0] = 3);
            let task = scope.submit(|| {
                right[0] = 4;
                5
            });
            if !task.cancel() {
                assert_eq!(task.join().unwrap(), 5);
            }
        });
        assert_eq!(numbers[0], 3);
    });
}

/// Wakes by a stop, which an exploration sees.
struct Signal(StopSource);

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.0.stop();
    }
}

#[test]
fn a_poll_and_an_end_do_not_miss_each_other() {
    holds(1_500, || {
        let pool = ThreadPool::new(1);
        let mut task = pin!(pool.submit(|| 7));
        loop {
            let source = StopSource::new();
            let waker = Waker::from(Arc::new(Signal(source.clone())));
            match task.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(outcome) => break assert_eq!(outcome.unwrap(), 7),
                Poll::Pending => source.token().wait(),
            }
        }
    });
}

#[test]
fn a_panicking_initializer_and_submissions() {
    holds(1_000, || {
        let pool = ThreadPool::builder(2)
            .initializer(|| panic!("broken"))
            .build();
        let tasks: Vec<_> = (0..2).map(|_| pool.try_submit(|| ())).collect();
        for task in tasks.into_iter().flatten() {
            assert!(task.join().is_err());
        }
        pool.shutdown();
    });
}

#[test]
fn a_task_that_comes_as_the_worker_goes_to_sleep_is_run() {
    holds(1_500, || {
        let pool = Arc::new(ThreadPool::new(1));
        let other = Arc::clone(&pool);
        let submitter = spawn(move || {
            for n in 0..2 {
                assert_eq!(other.submit(move || n).join().unwrap(), n);
            }
        });
        let tasks = [2, 3].map(|n| pool.submit(move || n));
        assert_eq!(tasks.map(|task| task.join().unwrap()), [2, 3]);
        submitter.join().unwrap();
    });
}

#[test]
fn tasks_that_need_each_other_get_a_worker_each() {
    holds(1_500, || {
        let pool = ThreadPool::new(2);
        // One of two workers may look for a task, and the other one may sleep.
        for task in [(); 2].map(|()| pool.submit(|| ())) {
            task.join().unwrap();
        }
        let event = Arc::new(Event::new());
        let news = Arc::clone(&event);
        let waits = pool.submit(move || event.wait());
        pool.submit(move || news.set()).join().unwrap();
        waits.join().unwrap();
    });
}

#[test]
fn a_task_is_counted_wherever_it_waits() {
    holds(1_000, || {
        let pool = Arc::new(ThreadPool::new(1));
        let busy = pool.submit(|| stop_token().wait());
        let other = Arc::clone(&pool);
        let submitter = spawn(move || [1, 2].map(|n| other.submit(move || n)));
        let first = pool.submit(|| 0);
        assert!(pool.pending() >= 1);
        assert!(first.cancel());
        let [one, two] = submitter.join().unwrap();
        let pending = pool.pending();
        assert!((2..=3).contains(&pending), "{pending}");
        // In the order of their submission.
        let unrun = pool.shutdown_now();
        assert!(unrun.len() == 2 || unrun.len() == 3);
        drop(unrun);
        assert!(one.join().is_err() && two.join().is_err());
        let _ = busy.join();
    });
}

/// The steps that can be left out of an inbox in front of the state of a pool of one worker.
#[derive(Clone, Copy, PartialEq)]
enum Missing {
    Nothing,
    /// The worker takes what is in the inbox in the same step in which it closes it.
    TakeAsItCloses,
    /// A submitter looks whether the inbox is open in the same step in which it leaves a task there.
    LookAsItPushes,
}

struct ToyInbox {
    /// The tasks behind the lock of the state, and the worker if it sleeps.
    state: Lock<(VecDeque<Body>, Option<Arc<Event>>)>,
    /// Whether it is open, and what is in it.
    inbox: Lock<(bool, VecDeque<Body>)>,
    missing: Missing,
}

impl ToyInbox {
    fn submit(&self, body: Body) {
        if self.missing == Missing::LookAsItPushes {
            if self.inbox.acquire().0 {
                return self.inbox.acquire().1.push_back(body);
            }
        } else {
            let mut inbox = self.inbox.acquire();
            if inbox.0 {
                return inbox.1.push_back(body);
            }
        }
        let mut state = self.state.acquire();
        state.0.push_back(body);
        if let Some(sleeper) = state.1.take() {
            sleeper.set();
        }
        // Nothing sleeps now.
        self.inbox.acquire().0 = true;
    }

    /// Runs that number of tasks.
    fn work(&self, count: usize) {
        for _ in 0..count {
            let body = loop {
                let mut state = self.state.acquire();
                if state.0.is_empty() {
                    state.0.append(&mut self.inbox.acquire().1);
                }
                if let Some(body) = state.0.pop_front() {
                    break body;
                }
                let mut inbox = self.inbox.acquire();
                inbox.0 = false;
                if self.missing != Missing::TakeAsItCloses && !inbox.1.is_empty() {
                    state.0.append(&mut inbox.1);
                    continue;
                }
                drop(inbox);
                let news = Arc::new(Event::new());
                state.1 = Some(Arc::clone(&news));
                drop(state);
                news.wait();
            };
            body();
        }
    }
}

/// A worker that goes to sleep, and two submissions.
fn toy_inbox(missing: Missing) {
    let toy = Arc::new(ToyInbox {
        state: Lock::new((VecDeque::new(), None)),
        inbox: Lock::new((true, VecDeque::new())),
        missing,
    });
    let worker = {
        let toy = Arc::clone(&toy);
        spawn(move || toy.work(2))
    };
    toy.submit(Box::new(|| ()));
    toy.submit(Box::new(|| ()));
    worker.join().unwrap();
}

#[test]
fn a_worker_that_sleeps_though_the_inbox_has_a_task_is_found_out() {
    holds(500, || toy_inbox(Missing::Nothing));
    is_found(
        "pool inbox",
        "a worker looks into the inbox as it closes it",
        "deadlock",
        || toy_inbox(Missing::TakeAsItCloses),
    );
    is_found(
        "pool inbox",
        "looking whether the inbox is open and leaving a task there are one step",
        "deadlock",
        || toy_inbox(Missing::LookAsItPushes),
    );
}
