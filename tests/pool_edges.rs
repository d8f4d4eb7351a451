//! Pools at the edges of their use: forgotten handles, panics in each closure and destructor of the user,
//! callbacks that end their pool, deep nesting, and the largest and smallest numbers.

mod support;

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use support::{Bomb, Drops, LONG, MOMENT, bounded, eventually, occupy, panic_of};
use threadkit::{
    Event, Supervisor, TaskError, ThreadPool, Timer, Unrun, WaitError, WhenFull, as_completed,
    as_completed_until, wait_all_until,
};

const SHORT: Duration = Duration::from_millis(2);

#[test]
fn forgotten_tasks_maps_and_timers_hold_up_no_shutdown() {
    bounded(|| {
        let pool = ThreadPool::new(2);
        let drops = Drops::new();
        let value = drops.value();
        mem::forget(pool.submit(move || value));
        let local = 7;
        let seen = pool.scope(|scope| {
            mem::forget(scope.submit(|| vec![&local]));
            *scope.submit(|| &local).join().unwrap()
        });
        assert_eq!(seen, 7);
        let mut map = pool.map(0_u64.., |n| n);
        assert_eq!(map.next(), Some(0));
        mem::forget(map);
        let busy = occupy(&pool);
        mem::forget(as_completed([&busy]));
        busy.stop();
        mem::forget(Timer::after(SHORT, || ()));
        pool.shutdown();
        assert_eq!(drops.count(), 0, "forgotten with its task");
    });
}

#[test]
fn callbacks_may_end_their_pool_in_any_way() {
    bounded(|| {
        for way in 0..4 {
            let pool = Arc::new(ThreadPool::new(1));
            let busy = occupy(&pool);
            let task = pool.submit(|| ());
            let after = pool.submit(|| ());
            let (told, tale) = mpsc::channel();
            let mut own = Some(Arc::clone(&pool));
            task.on_done(move |_| {
                let pool = own.take().expect("called once");
                match way {
                    0 => drop(pool.shutdown_now()),
                    // The wait is refused, because the thread would wait for itself.
                    1 => assert!(panic_of(|| pool.shutdown()).contains("never end")),
                    2 => pool.submit(|| ()).join().unwrap(),
                    _ => {}
                }
                drop(pool); // in the last round but one owner
                told.send(()).unwrap();
            });
            let last = (way == 3).then(|| drop(pool));
            busy.stop();
            tale.recv_timeout(LONG).expect("the callback ends");
            let ended = after.join();
            assert_eq!(ended.is_err(), way == 0, "round {way}, {last:?}");
        }
    });
}

/// A value that panics again wherever it is dropped.
struct Stubborn(Drops);

impl Drop for Stubborn {
    fn drop(&mut self) {
        drop(self.0.value());
        if !std::thread::panicking() {
            panic_any(Stubborn(self.0.clone()));
        }
    }
}

#[test]
fn payloads_that_panic_when_dropped_harm_no_other_task() {
    bounded(|| {
        let drops = Drops::new();
        let bomb = || Stubborn(drops.clone());
        let pool = ThreadPool::new(1);

        let (payload, task) = (bomb(), occupy(&pool));
        let lost = pool.submit(move || panic_any(payload));
        drop(lost); // not joined
        let payload = bomb();
        task.on_done(move |_| panic_any(payload));
        task.stop();
        task.join().unwrap();

        let payload = bomb();
        let waits = Timer::after(Duration::ZERO, move || panic_any(payload));
        assert!(waits.wait_timeout(LONG));
        Timer::after(Duration::ZERO, || ()).wait();

        assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
        let once = Mutex::new(Some(bomb()));
        let broken = ThreadPool::builder(1)
            .initializer(move || panic_any(once.lock().unwrap().take().expect("one worker")))
            .build();
        let error = broken.submit(|| ()).join().unwrap_err();
        assert!(matches!(error, TaskError::Broken(_)));
        assert!(broken.shutdown_timeout(LONG));
        pool.shutdown();
        assert!(drops.count() >= 4);
    });
}

#[test]
fn an_except_hook_that_panics_costs_no_thread() {
    bounded(|| {
        let told = Arc::new(AtomicUsize::new(0));
        threadkit::set_excepthook({
            let told = Arc::clone(&told);
            move |failure| {
                if failure.message().starts_with("nobody asks") {
                    told.fetch_add(1, Ordering::Relaxed);
                    panic!("nor does the hook answer");
                }
            }
        });
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        drop(pool.submit(|| panic!("nobody asks the task")));
        busy.stop();
        Timer::after(Duration::ZERO, || panic!("nobody asks the timer")).wait();
        assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
        assert!(Timer::after(Duration::ZERO, || ()).wait_timeout(LONG));
        assert_eq!(told.load(Ordering::Relaxed), 2);
        threadkit::set_excepthook(threadkit::default_excepthook);
    });
}

/// An input that lies about its length.
struct Liar(u32, (usize, Option<usize>));

impl Iterator for Liar {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.0 = self.0.checked_sub(1)?;
        Some(self.0)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.1
    }
}

#[test]
fn a_map_believes_no_length() {
    let pool = ThreadPool::new(2);
    for hint in [
        (0, Some(0)),
        (usize::MAX, None),
        (usize::MAX, Some(usize::MAX)),
        (3, Some(1)),
    ] {
        let mut map = pool.map(Liar(1000, hint), |n| n);
        let _ = map.size_hint();
        let mut sum = 0;
        for n in map.by_ref() {
            sum += n;
        }
        let _ = map.size_hint();
        assert_eq!(sum, 499_500, "{hint:?}");
    }
}

#[test]
fn results_that_panic_when_dropped_leave_the_pool_whole() {
    let pool = ThreadPool::new(2);
    let drops = Drops::new();
    let mut map = pool.map(0..100, {
        let drops = drops.clone();
        move |_| Bomb(drops.value())
    });
    mem::forget(map.next());
    let _ = catch_unwind(AssertUnwindSafe(|| drop(map)));
    assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
    assert!(pool.shutdown_timeout(LONG));
}

#[test]
fn the_largest_pool_is_a_pool() {
    bounded(|| {
        let pool = Arc::new(
            ThreadPool::builder(usize::MAX)
                .backlog(usize::MAX, WhenFull::Refuse)
                .build(),
        );
        assert_eq!(pool.map(0..100, |n| n).sum::<u32>(), 4950);
        let own = Arc::clone(&pool);
        let nested = pool.submit(move || {
            let inner = own.submit(|| 7);
            assert!(
                inner.wait_timeout(LONG),
                "it lends a place that no thread needs"
            );
            inner.join().unwrap()
        });
        assert_eq!(nested.join().unwrap(), 7);
        assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
    });
}

#[test]
fn the_longest_and_shortest_times_of_a_pool() {
    bounded(|| {
        for keep_alive in [Duration::ZERO, Duration::MAX] {
            let pool = ThreadPool::builder(2)
                .keep_alive(keep_alive)
                .backlog(1, WhenFull::Block)
                .build();
            let tasks: Vec<_> = (0..200).map(|n| pool.submit(move || n)).collect();
            let sum: u32 = tasks.into_iter().map(|task| task.join().unwrap()).sum();
            assert_eq!(sum, 19_900);
            let busy = [occupy(&pool), occupy(&pool)];
            let waits = pool.submit_timeout(|| 1, Duration::MAX).unwrap();
            let error = pool.submit_timeout(|| 2, Duration::ZERO).unwrap_err();
            assert_eq!(error.wait_error(), Some(WaitError::TimedOut));
            assert!(!busy[0].wait_timeout(Duration::ZERO));
            let mut ends = as_completed_until([&waits], Duration::ZERO);
            assert_eq!(ends.next().unwrap().unwrap_err().unfinished(), 1);
            busy.iter().for_each(|task| _ = task.stop());
            assert!(waits.wait_timeout(Duration::MAX));
            // A task that has ended is returned even if the limit is zero.
            let mut ends = as_completed_until([&waits], Duration::ZERO);
            assert!(ends.next().unwrap().is_ok());
            assert_eq!(wait_all_until([&waits], Duration::ZERO), Ok(()));
            assert!(pool.shutdown_timeout(Duration::MAX));
            assert!(pool.shutdown_timeout(Duration::ZERO));
        }
    });
}

/// Submits and joins the next, each inside the one before.
fn nest(pool: &Arc<ThreadPool>, depth: u32) -> u32 {
    if depth == 0 {
        return 0;
    }
    let own = Arc::clone(pool);
    pool.submit(move || nest(&own, depth - 1)).join().unwrap() + 1
}

#[test]
fn ten_thousand_nested_joins_use_more_than_one_stack() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        assert_eq!(nest(&pool, 10_000), 10_000);
        // The additional threads leave again.
        eventually("one is left", || pool.threads() <= 1);
    });
}

#[test]
fn tasks_of_a_scope_submit_to_it_a_thousand_deep() {
    fn next<'scope>(
        scope: &'scope threadkit::PoolScope<'scope, '_>,
        seen: &'scope AtomicUsize,
        depth: usize,
    ) {
        seen.fetch_add(1, Ordering::Relaxed);
        if depth > 1 {
            let task = scope.submit(move || next(scope, seen, depth - 1));
            if depth.is_multiple_of(2) {
                task.join().unwrap();
            }
        }
    }
    bounded(|| {
        let pool = ThreadPool::new(1);
        let seen = AtomicUsize::new(0);
        pool.scope(|scope| next(scope, &seen, 1000));
        assert_eq!(seen.into_inner(), 1000);
    });
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

#[test]
fn every_operation_meets_a_pool_that_is_shut_or_dropped() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let task = pool.submit(|| 7);
        pool.shutdown();
        task.wait();
        let refused: [fn(&ThreadPool); 4] = [
            |pool| drop(pool.submit(|| ())),
            |pool| pool.scope(|s| drop(s.submit(|| ()))),
            |pool| _ = pool.map([1], |n| n).next(),
            |pool| drop(pool.submit(Supervisor::new(|_| || ()))),
        ];
        for (n, refused) in refused.into_iter().enumerate() {
            let message = panic_of(|| refused(&pool));
            assert!(message.contains("was shut down"), "{n}: {message}");
        }
        assert!(pool.shutdown_timeout(Duration::ZERO));
        assert!(pool.shutdown_now().is_empty());
        drop(pool);
        task.wait();
        assert_eq!(task.join().unwrap(), 7);

        let other = ThreadPool::new(1);
        // Mostly, it has not ended when the pool is dropped.
        let late = other.submit(|| threadkit::sleep(MOMENT));
        drop(other);
        late.wait();
        assert!(late.is_finished());
    });
}

#[test]
fn what_was_taken_out_is_too_late_if_the_task_runs_or_is_over() {
    let ways: [fn(Unrun); 2] = [|unrun| assert!(!unrun.run()), drop];
    for end in ways {
        bounded(move || {
            let pool = Arc::new(ThreadPool::new(1));
            let [taken, begun, go] = [(); 3].map(|()| Arc::new(Event::new()));
            let own = Arc::clone(&pool);
            let (entered, take) = (Arc::new(Event::new()), Arc::clone(&taken));
            let enter = Arc::clone(&entered);
            let (begin, until) = (Arc::clone(&begun), Arc::clone(&go));
            let outer = pool.submit(move || {
                let inner = own.submit(move || {
                    begin.set();
                    until.wait();
                    7
                });
                enter.set();
                take.wait();
                inner.join().unwrap()
            });
            entered.wait();
            let [cancelled, done] = [(); 2].map(|()| pool.submit(|| 7));
            let unrun = <[Unrun; 3]>::try_from(pool.shutdown_now());
            let [claimed_here, cancelled_here, done_here] = unrun.expect("three have not begun");
            assert!(cancelled.cancel() && cancelled_here.is_cancelled());
            end(cancelled_here);
            // The task that joins it runs it.
            taken.set();
            begun.wait();
            assert!(claimed_here.is_cancelled(), "there is nothing to run");
            end(claimed_here);
            go.set();
            assert_eq!(outer.join().unwrap(), 7);
            assert!(done_here.run());
            assert_eq!(done.join().unwrap(), 7);
        });
    }
}

#[test]
fn what_was_taken_out_outlives_its_pool_and_its_task() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let [entered, taken] = [(); 2].map(|()| Arc::new(Event::new()));
        let own = Arc::clone(&pool);
        let (enter, take) = (Arc::clone(&entered), Arc::clone(&taken));
        let outer = pool.submit(move || {
            let inner = own.submit(|| 7);
            drop(own);
            enter.set();
            take.wait();
            inner.join().unwrap()
        });
        entered.wait();
        let [runs, dropped] = [(); 2].map(|()| pool.submit(|| 8));
        let unrun = <[Unrun; 3]>::try_from(pool.shutdown_now());
        let [done_here, runs_here, dropped_here] = unrun.expect("three have not begun");
        taken.set();
        assert_eq!(outer.join().unwrap(), 7);
        assert!(!done_here.run(), "the task that joins it has run it");
        drop(pool);
        assert!(runs_here.run());
        assert_eq!(runs.join().unwrap(), 8);
        drop(dropped_here);
        assert!(dropped.join().unwrap_err().is_cancelled());
    });
}
