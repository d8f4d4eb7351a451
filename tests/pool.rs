//! `ThreadPool` as its users see it.

mod support;

use std::cell::RefCell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::time::{Duration, Instant};

use support::{LONG, eventually, occupy};
use threadkit::{
    Event, Lock, OnDrop, OwnedRwLockReadGuard, RwLock, StopSource, TaskError, Thread, ThreadPool,
    WaitError, WhenFull, spawn, stop_token, wait_all,
};

fn message_of(panic: Box<dyn std::any::Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => (*panic.downcast::<&'static str>().unwrap()).to_owned(),
    }
}

#[test]
fn tasks_return_what_their_bodies_return() {
    let pool = ThreadPool::new(3);
    let tasks: Vec<_> = (0..1000_u64).map(|n| pool.submit(move || n * 2)).collect();
    for (n, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.join().unwrap(), n as u64 * 2);
    }
}

#[test]
fn a_struct_that_can_run_is_a_body() {
    struct Double(u32);
    impl threadkit::Run for Double {
        type Output = u32;
        fn run(self: Box<Self>) -> u32 {
            self.0 * 2
        }
    }
    let pool = ThreadPool::new(1);
    assert_eq!(pool.submit(Double(21)).join().unwrap(), 42);
    let boxed: Box<dyn threadkit::Run<Output = u32> + Send> = Box::new(Double(4));
    assert_eq!(pool.submit(boxed).join().unwrap(), 8);
}

#[test]
fn a_pool_of_none_is_refused_with_the_callers_place() {
    let panic = catch_unwind(|| ThreadPool::new(0)).unwrap_err();
    assert_eq!(
        message_of(panic),
        "a pool needs at least one thread to run tasks"
    );
}

#[test]
fn threads_are_started_when_needed_and_idle_ones_reused() {
    let pool = ThreadPool::new(8);
    assert_eq!(pool.threads(), 0, "lazy");
    for _ in 0..20 {
        pool.submit(|| ()).join().unwrap();
        // The thread that ran it may not be idle again yet; then the pool may start a second one.
        eventually("it is idle", || pool.idle_threads() > 0);
    }
    assert!(pool.threads() <= 2, "{pool:?}");
    let busy: Vec<_> = (0..8).map(|_| occupy(&pool)).collect();
    assert_eq!(pool.threads(), 8);
    for task in &busy {
        task.stop();
    }
    pool.shutdown();
    assert_eq!(pool.threads(), 0);
}

#[test]
fn tasks_begin_in_the_order_of_their_submission() {
    let pool = ThreadPool::new(1);
    let order = Arc::new(Lock::new(Vec::new()));
    for n in 0..100 {
        let order = Arc::clone(&order);
        pool.submit(move || order.acquire().push(n));
    }
    pool.shutdown();
    assert!(order.acquire().iter().copied().eq(0..100));
}

#[test]
fn no_more_tasks_run_at_once_than_the_pool_is_large() {
    let pool = ThreadPool::new(3);
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    for _ in 0..300 {
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        pool.submit(move || {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            running.fetch_sub(1, Ordering::SeqCst);
        });
    }
    pool.shutdown();
    assert!(most.load(Ordering::SeqCst) <= 3);
}

#[test]
fn all_threads_work_at_the_same_time() {
    let pool = ThreadPool::new(4);
    let meet = Arc::new(Barrier::new(4));
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let meet = Arc::clone(&meet);
            pool.submit(move || meet.wait())
        })
        .collect();
    for task in &tasks {
        assert!(task.wait_timeout(LONG), "four tasks meet in a pool of four");
    }
}

#[test]
fn threads_are_named_after_the_pool() {
    let pool = ThreadPool::builder(1).name("jobs").build();
    assert_eq!(pool.name(), "jobs");
    let name = pool.submit(|| threadkit::current().name());
    assert_eq!(&*name.join().unwrap(), "jobs-1");

    let pool = ThreadPool::new(1);
    let name = pool.submit(|| threadkit::current().name());
    let name = name.join().unwrap();
    assert!(
        name.starts_with("pool-") && name.ends_with("-thread-1"),
        "{name}"
    );
}

#[test]
fn a_drop_finishes_what_was_submitted() {
    let done = Arc::new(AtomicUsize::new(0));
    let pool = ThreadPool::new(2);
    for _ in 0..100 {
        let done = Arc::clone(&done);
        pool.submit(move || done.fetch_add(1, Ordering::Relaxed));
    }
    drop(pool);
    assert_eq!(done.load(Ordering::Relaxed), 100);
}

#[test]
fn a_drop_may_stop_instead() {
    let pool = ThreadPool::builder(1).on_drop(OnDrop::Stop).build();
    let busy = occupy(&pool);
    let pending = pool.submit(|| ());
    drop(pool);
    assert!(busy.is_finished());
    busy.join().unwrap();
    assert!(pending.join().unwrap_err().is_cancelled());
}

#[test]
fn a_drop_may_detach_instead() {
    let pool = ThreadPool::builder(1).on_drop(OnDrop::Detach).build();
    let busy = occupy(&pool);
    let pending = pool.submit(|| 1);
    drop(pool);
    assert!(!busy.is_finished());
    busy.stop();
    assert_eq!(pending.join().unwrap(), 1);
}

#[test]
fn while_unwinding_a_drop_stops_the_tasks_first() {
    let kept = Arc::new(Lock::new(None));
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let pool = ThreadPool::new(1);
        *kept.acquire() = Some((occupy(&pool), pool.submit(|| ())));
        resume_unwind(Box::new("out of here"));
    }));
    assert!(unwound.is_err());
    let (busy, pending) = kept.acquire().take().unwrap();
    assert!(busy.is_finished());
    assert!(pending.join().unwrap_err().is_cancelled());
}

#[test]
fn a_task_that_drops_the_last_owner_of_its_pool_does_not_wait_for_itself() {
    let pool = Arc::new(ThreadPool::new(1));
    let (give, take) = mpsc::channel::<Arc<ThreadPool>>();
    let task = pool.submit(move || drop(take.recv().unwrap()));
    give.send(pool).unwrap();
    assert!(task.wait_timeout(LONG));
    task.join().unwrap();
}

#[test]
fn after_a_shutdown_nothing_is_taken_in() {
    let pool = ThreadPool::builder(1).name("jobs").build();
    let task = pool.submit(|| 1);
    pool.shutdown();
    pool.shutdown();
    assert_eq!(task.join().unwrap(), 1);
    let error = pool.try_submit(|| "back").unwrap_err();
    assert!(error.is_shut_down() && !error.is_full());
    assert_eq!(
        error.to_string(),
        "pool `jobs` was shut down and takes no more tasks"
    );
    assert_eq!(error.into_body()(), "back");
    let panic = catch_unwind(AssertUnwindSafe(|| pool.submit(|| ()))).unwrap_err();
    assert!(message_of(panic).contains("was shut down"));
}

#[test]
fn a_shutdown_may_end_early_and_be_finished_later() {
    let pool = ThreadPool::new(1);
    let busy = occupy(&pool);
    assert!(!pool.shutdown_timeout(Duration::from_millis(5)));
    let source = StopSource::new();
    source.stop();
    assert_eq!(
        pool.shutdown_until(&source.token()),
        Err(WaitError::Stopped)
    );
    assert!(pool.try_submit(|| ()).is_err());
    busy.stop();
    assert!(pool.shutdown_timeout(LONG));
}

#[test]
fn a_shutdown_of_a_pool_that_never_ran_anything_returns() {
    assert!(ThreadPool::new(1).shutdown_timeout(LONG));
}

#[test]
fn a_shutdown_by_a_task_is_refused() {
    let pool = Arc::new(ThreadPool::new(1));
    let own = Arc::clone(&pool);
    let error = pool.submit(move || own.shutdown()).join().unwrap_err();
    assert!(
        error.to_string().contains("which would never end"),
        "{error}"
    );
}

#[test]
fn shutdown_now_stops_the_running_and_returns_the_others() {
    let pool = ThreadPool::new(2);
    let busy = [occupy(&pool), occupy(&pool)];
    let pending: Vec<_> = (0..5).map(|n| pool.submit(move || n)).collect();
    assert!(pending[3].cancel());
    let mut unrun = pool.shutdown_now();
    assert_eq!(unrun.len(), 4, "the cancelled one is not among them");
    assert!(unrun.pop().unwrap().run());
    drop(unrun);
    pool.shutdown();
    for task in busy {
        task.join().unwrap();
    }
    let outcomes: Vec<_> = pending.into_iter().map(|task| task.join().ok()).collect();
    assert_eq!(outcomes, [None, None, None, None, Some(4)]);
}

#[test]
fn a_task_that_begins_while_the_pool_stops_finds_its_token_stopped() {
    let pool = ThreadPool::new(1);
    let (go, wait) = mpsc::channel::<()>();
    let (entered, begun) = mpsc::channel();
    let task = pool.submit(move || {
        entered.send(()).unwrap();
        wait.recv().unwrap();
        stop_token().is_stopped()
    });
    begun.recv_timeout(LONG).unwrap();
    assert!(pool.shutdown_now().is_empty());
    go.send(()).unwrap();
    assert!(task.join().unwrap());
}

#[test]
fn a_stop_of_a_thread_of_the_pool_reaches_its_task() {
    let pool = ThreadPool::new(1);
    let (told, thread) = mpsc::channel();
    let task = pool.submit(move || {
        told.send(threadkit::current()).unwrap();
        stop_token().wait();
    });
    thread.recv().unwrap().stop();
    assert!(task.wait_timeout(LONG));
}

#[test]
fn a_full_backlog_blocks_and_room_wakes() {
    let pool = Arc::new(ThreadPool::builder(1).backlog(2, WhenFull::Block).build());
    let busy = occupy(&pool);
    let first = pool.submit(|| ());
    let second = pool.submit(|| ());
    assert_eq!(pool.pending(), 2);
    assert!(pool.try_submit(|| ()).unwrap_err().is_full());
    let error = pool
        .submit_timeout(|| 7, Duration::from_millis(5))
        .unwrap_err();
    assert_eq!(error.wait_error(), Some(WaitError::TimedOut));
    assert_eq!(error.into_body()(), 7);

    let other = Arc::clone(&pool);
    let submitter = spawn(move || other.submit(|| 3).join().unwrap());
    assert!(!submitter.wait_timeout(Duration::from_millis(5)));
    // A task that is cancelled makes room, as one that begins does.
    assert!(first.cancel());
    busy.stop();
    assert_eq!(submitter.join().unwrap(), 3);
    second.join().unwrap();
}

#[test]
fn a_shutdown_ends_the_wait_of_a_submitter() {
    let pool = Arc::new(ThreadPool::builder(1).backlog(1, WhenFull::Block).build());
    let busy = occupy(&pool);
    let pending = pool.submit(|| ());
    let other = Arc::clone(&pool);
    let submitter = spawn(move || other.submit_until(|| (), LONG).unwrap_err().is_shut_down());
    assert!(!submitter.wait_timeout(Duration::from_millis(5)));
    drop(pool.shutdown_now());
    assert!(submitter.join().unwrap());
    assert!(pending.join().is_err());
    busy.join().unwrap();
}

#[test]
fn a_full_backlog_may_refuse() {
    let pool = ThreadPool::builder(1).backlog(1, WhenFull::Refuse).build();
    let busy = occupy(&pool);
    let pending = pool.submit(|| ());
    assert!(pool.submit_timeout(|| (), LONG).unwrap_err().is_full());
    let panic = catch_unwind(AssertUnwindSafe(|| pool.submit(|| ()))).unwrap_err();
    assert!(message_of(panic).contains("is full"));
    busy.stop();
    pending.join().unwrap();
}

#[test]
fn a_full_backlog_may_have_the_caller_run() {
    let pool = ThreadPool::builder(1)
        .name("jobs")
        .backlog(1, WhenFull::RunInCaller)
        .build();
    let busy = occupy(&pool);
    let pending = pool.submit(|| ());
    let here = std::thread::current().id();
    let ran = pool.submit(move || {
        (
            std::thread::current().id() == here,
            stop_token().is_stopped(),
        )
    });
    assert!(ran.is_finished());
    assert_eq!(ran.join().unwrap(), (true, false));
    assert!(pool.try_submit(|| ()).unwrap_err().is_full());
    busy.stop();
    pending.join().unwrap();
}

#[test]
fn a_task_may_always_submit_to_its_own_pool() {
    let pool = Arc::new(ThreadPool::builder(1).backlog(1, WhenFull::Block).build());
    let own = Arc::clone(&pool);
    let task = pool.submit(move || {
        let tasks: Vec<_> = (0..50).map(|n| own.submit(move || n)).collect();
        tasks
            .into_iter()
            .map(|task| task.join().unwrap())
            .sum::<u32>()
    });
    assert!(task.wait_timeout(LONG));
    assert_eq!(task.join().unwrap(), 49 * 50 / 2);
}

#[test]
fn idle_threads_leave_after_their_keep_alive() {
    let pool = ThreadPool::builder(4)
        .keep_alive(Duration::from_millis(5))
        .build();
    let meet = Arc::new(Barrier::new(4));
    for _ in 0..4 {
        let meet = Arc::clone(&meet);
        pool.submit(move || meet.wait());
    }
    eventually("no thread is left", || pool.threads() == 0);
    assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
}

#[test]
fn a_keep_alive_that_ends_as_tasks_come_loses_none() {
    let pool = ThreadPool::builder(2)
        .keep_alive(Duration::from_micros(20))
        .build();
    for n in 0..500 {
        let task = pool.submit(move || n);
        assert!(task.wait_timeout(LONG), "{pool:?}");
        if n % 3 == 0 {
            // About as long as the keep-alive.
            std::thread::sleep(Duration::from_micros(15));
        }
    }
}

#[test]
fn every_thread_runs_the_initializer_first() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let pool = ThreadPool::builder(3)
        .initializer(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        })
        .build();
    let meet = Arc::new(Barrier::new(3));
    for _ in 0..3 {
        let meet = Arc::clone(&meet);
        pool.submit(move || meet.wait());
    }
    pool.shutdown();
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[test]
fn a_panicking_initializer_breaks_the_pool_and_ends_every_pending_task() {
    let go = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&go);
    let pool = ThreadPool::builder(1)
        .name("jobs")
        .initializer(move || {
            while !gate.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            panic!("no database");
        })
        .build();
    let tasks: Vec<_> = (0..5).map(|n| pool.submit(move || n)).collect();
    go.store(true, Ordering::Release);
    for task in tasks {
        let error = task.join().unwrap_err();
        assert!(matches!(error, TaskError::Broken(_)));
        let text = error.to_string();
        assert!(
            text.starts_with(
                "the task never ran: the initializer of pool `jobs` panicked at tests/pool.rs:"
            ) && text.ends_with(": no database"),
            "{text}"
        );
    }
    let error = pool.try_submit(|| ()).unwrap_err();
    assert!(error.to_string().contains("no database"), "{error}");
    assert!(pool.shutdown_timeout(LONG));
}

#[test]
fn a_refused_thread_gives_the_body_back() {
    let pool = ThreadPool::builder(1).stack_size(usize::MAX).build();
    let error = pool.try_submit(|| "back").unwrap_err();
    assert!(error.to_string().contains("stack"), "{error}");
    assert_eq!(error.into_body()(), "back");
    assert!(pool.shutdown_timeout(LONG));
}

/// A thread that waits for room which no worker will ever make gets the error as well.
#[test]
fn a_refused_thread_ends_the_waits_for_room() {
    let pool = ThreadPool::builder(1)
        .stack_size(isize::MAX as usize)
        .backlog(1, WhenFull::Block)
        .build();
    for round in 0..1_000 {
        let together = Barrier::new(2);
        let refused = || {
            together.wait();
            let begun = Instant::now();
            assert!(pool.submit_timeout(|| (), LONG).is_err());
            begun.elapsed()
        };
        let took = std::thread::scope(|scope| {
            let other = scope.spawn(refused);
            refused().max(other.join().unwrap())
        });
        assert!(took < LONG, "round {round}: {pool:?}");
    }
}

#[test]
fn map_keeps_the_order() {
    let pool = ThreadPool::new(3);
    let results: Vec<_> = pool
        .map(0..2000_u64, |n| {
            if n % 7 == 0 {
                std::thread::yield_now();
            }
            n * n
        })
        .collect();
    assert!(results.into_iter().eq((0..2000).map(|n| n * n)));
}

#[test]
fn map_of_nothing_and_of_one() {
    let pool = ThreadPool::new(2);
    assert_eq!(pool.map(Vec::<u8>::new(), |n| n).count(), 0);
    assert_eq!(pool.map([7], |n| n + 1).collect::<Vec<_>>(), [8]);
}

#[test]
fn map_knows_its_length_all_the_way() {
    let pool = ThreadPool::new(2);
    let mut map = pool.map(0..100, |n| n);
    for left in (0..100).rev() {
        assert_eq!(map.len(), left + 1);
        assert!(map.next().is_some());
    }
    assert_eq!(map.len(), 0);
    assert_eq!(map.next(), None);
}

#[test]
fn a_map_gives_its_results_by_the_chunk() {
    let pool = ThreadPool::new(2);
    let map = || pool.map(0..10_000_u64, |n| n * 3);
    let expected: Vec<u64> = (0..10_000).map(|n| n * 3).collect();
    assert_eq!(map().into_vec(), expected);
    // The same for the rest of a chunk whose first results were taken one by one.
    let mut rest = map();
    assert!(rest.by_ref().take(100).eq(expected[..100].iter().copied()));
    assert_eq!(rest.into_vec(), expected[100..]);
    let mut rest = map();
    assert_eq!(rest.next(), Some(0));
    assert_eq!(rest.sum::<u64>(), expected.iter().sum::<u64>());

    let mut seen = Vec::new();
    let panics = || {
        let map = pool.map(0..1000, |n| {
            assert_ne!(n, 500, "not that one");
            n
        });
        map.for_each(|n| seen.push(n));
    };
    let panic = catch_unwind(AssertUnwindSafe(panics)).unwrap_err();
    assert!(message_of(panic).contains("not that one"));
    assert!(seen.into_iter().eq(0..500), "what comes before the panic");
}

#[test]
fn threads_divide_a_range_and_the_results_are_in_order() {
    let pool = ThreadPool::new(3);
    for len in [0, 1, 2, 3, 100, 4_096, 300_007] {
        let results = pool.map(0..len, |n| n.to_string()).into_vec();
        assert!(results.into_iter().eq((0..len).map(|n| n.to_string())));
        let results: Vec<i64> = pool.map(-5..=len, |n| -n).collect();
        assert!(results.into_iter().eq((-5..=len).map(|n| -n)));
    }
    let all = pool.map(i8::MIN..=i8::MAX, |n| n).into_vec();
    assert!(all.into_iter().eq(i8::MIN..=i8::MAX));
    // Items that take longer, in pieces of a few.
    let all = pool.map(0..200_usize, |n| {
        std::thread::sleep(Duration::from_micros(50));
        n
    });
    assert!(all.into_vec().into_iter().eq(0..200));
    // A task may do the same, also if it is the only one that the pool can run.
    let pool = Arc::new(ThreadPool::new(1));
    let own = Arc::clone(&pool);
    let task = pool.submit(move || own.map(0..1_000_u32, |n| n).into_vec());
    assert!(task.join().unwrap().into_iter().eq(0..1_000));
}

/// Its hint is the least number of items, which is true but of no use, or is too large.
struct Hinted<I>(I, usize);

impl<I: Iterator> Iterator for Hinted<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.1, None)
    }
}

#[test]
fn results_go_into_one_vector_whatever_length_the_input_promises() {
    let pool = ThreadPool::new(2);
    for hint in [0, 1, 100, 99_999, 100_000, 150_000] {
        let items = || Hinted((0..100_000_u32).map(Box::new), hint);
        let all = pool.map(items(), |n| n).into_vec();
        assert!(all.into_iter().map(|n| *n).eq(0..100_000), "{hint}");
        let mut rest = pool.map(items(), |n| n);
        assert!(rest.by_ref().take(10).map(|n| *n).eq(0..10));
        assert!(rest.into_vec().into_iter().map(|n| *n).eq(10..100_000));
    }
    assert_eq!(pool.map(Vec::<u8>::new(), |n| n).into_vec(), []);

    // A panic of the function or of the input leaves no result.
    let held = Arc::new(());
    for bad in [0, 1, 500] {
        let (item, result) = (Arc::clone(&held), Arc::clone(&held));
        let items = (0..1000).map(move |n| (n, Arc::clone(&item)));
        let map = pool.map(items, move |(n, item)| {
            assert_ne!(n, bad, "the function");
            (item, Arc::clone(&result))
        });
        let panic = catch_unwind(AssertUnwindSafe(|| map.into_vec())).unwrap_err();
        assert!(message_of(panic).contains("the function"));
        eventually("all are dropped", || Arc::strong_count(&held) == 1);

        let item = Arc::clone(&held);
        let items = (0..1000).map(move |n| {
            assert_ne!(n, bad, "the input");
            Arc::clone(&item)
        });
        let map = pool.map(items, |item| item);
        let panic = catch_unwind(AssertUnwindSafe(|| map.into_vec())).unwrap_err();
        assert!(message_of(panic).contains("the input"));
        eventually("all are dropped", || Arc::strong_count(&held) == 1);
    }
}

#[test]
fn a_map_is_collected_only_as_far_as_it_is_wanted() {
    let pool = ThreadPool::new(2);
    let until_nine = |n: u64| if n < 9 { Ok(n) } else { Err(n) };
    let failed: Result<Vec<u64>, u64> = pool.map(0..u64::MAX, until_nine).collect();
    assert_eq!(failed, Err(9));
    let texts: std::collections::LinkedList<String> =
        pool.map(0..3, |n: u8| n.to_string()).collect();
    assert!(texts.into_iter().eq(["0", "1", "2"]));
}

#[test]
fn the_first_panic_over_a_range_continues_and_no_result_is_left() {
    let pool = ThreadPool::new(4);
    let held = Arc::new(());
    for bad in [0, 1, 300, 999] {
        let result = Arc::clone(&held);
        let map = pool.map(0..1000, move |n| {
            assert!(n != bad && n < bad + 7, "item {n}");
            Arc::clone(&result)
        });
        let panic = catch_unwind(AssertUnwindSafe(|| map.into_vec())).unwrap_err();
        assert_eq!(message_of(panic), format!("item {bad}"));
        eventually("all results are dropped", || Arc::strong_count(&held) == 1);
    }
}

#[test]
fn what_ends_a_range_is_not_lost_if_the_results_before_it_were_taken() {
    let pool = ThreadPool::new(2);
    let n = 20_000;
    for bad in [n - 1, n - 3, n - 10] {
        let mut map = pool.map(0..n, move |item| assert_ne!(item, bad, "item {item}"));
        assert!((0..bad).all(|_| map.next().is_some()));
        let panic = catch_unwind(AssertUnwindSafe(|| map.collect::<Vec<_>>())).unwrap_err();
        assert!(message_of(panic).contains(&format!("item {bad}")));
    }
    for taken in 1..26 {
        let pool = ThreadPool::new(2);
        let mut map = pool.map(0..26, |item| item);
        assert_eq!(map.next(), Some(0));
        pool.shutdown();
        let rest = || {
            assert!((1..taken).all(|_| map.next().is_some()));
            map.collect::<Vec<_>>()
        };
        match catch_unwind(AssertUnwindSafe(rest)) {
            Ok(rest) => assert_eq!(taken + rest.len(), 26),
            Err(panic) => assert!(message_of(panic).contains("shut down")),
        }
    }
}

/// The first one that is dropped panics.
struct PanicsOnce(Arc<AtomicBool>);

impl Drop for PanicsOnce {
    fn drop(&mut self) {
        assert!(self.0.swap(true, Ordering::Relaxed), "the first drop");
    }
}

#[test]
fn the_shutdown_ends_a_range_also_if_the_drop_of_a_result_panics() {
    let pool = Arc::new(ThreadPool::new(1));
    let (began, dropped) = (Arc::new(Event::new()), Arc::new(AtomicBool::new(false)));
    let (notice, panics, own) = (Arc::clone(&began), Arc::clone(&dropped), Arc::clone(&pool));
    let mapping = std::thread::spawn(move || {
        let map = own.map(0..100_000, move |_| {
            notice.set();
            // So long that the rest is for other tasks.
            std::thread::sleep(Duration::from_millis(1));
            PanicsOnce(Arc::clone(&panics))
        });
        map.into_vec().len()
    });
    assert!(began.wait_timeout(LONG));
    drop(pool.shutdown_now());
    let panic = mapping.join().unwrap_err();
    assert!(message_of(panic).contains("shut down"));
    assert!(dropped.load(Ordering::Relaxed));
}

#[test]
fn a_range_whose_pool_is_shut_down_has_no_results() {
    let pool = ThreadPool::new(1);
    pool.shutdown();
    let panic = catch_unwind(AssertUnwindSafe(|| pool.map(0..3, |n| n).into_vec())).unwrap_err();
    assert!(message_of(panic).contains("shut down"));

    let pool = Arc::new(ThreadPool::new(1));
    let (began, held) = (Arc::new(Event::new()), Arc::new(()));
    let (notice, result, own) = (Arc::clone(&began), Arc::clone(&held), Arc::clone(&pool));
    let mapping = std::thread::spawn(move || {
        let map = own.map(0..100_000, move |_| {
            notice.set();
            // So long that the rest is for other tasks.
            std::thread::sleep(Duration::from_millis(1));
            Arc::clone(&result)
        });
        map.into_vec().len()
    });
    assert!(began.wait_timeout(LONG));
    drop(pool.shutdown_now());
    let panic = mapping.join().unwrap_err();
    assert!(message_of(panic).contains("shut down"));
    eventually("all results are dropped", || Arc::strong_count(&held) == 1);
}

#[test]
fn map_is_lazy_and_looks_ahead_within_bounds() {
    let taken = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&taken);
    let pool = ThreadPool::new(2);
    let items = (0_u64..).inspect(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let mut map = pool.map(items, |n| {
        // Long enough that a task never gets more than a few.
        std::thread::sleep(Duration::from_micros(200));
        n
    });
    assert_eq!(taken.load(Ordering::Relaxed), 0, "nothing before the first");
    for n in 0..100 {
        assert_eq!(map.next(), Some(n));
    }
    assert!(taken.load(Ordering::Relaxed) < 150);
}

#[test]
fn a_panic_in_a_map_comes_after_the_results_before_it_and_ends_it() {
    let pool = ThreadPool::new(2);
    let mut map = pool.map(0..1000, |n| {
        assert_ne!(n, 500, "not that one");
        n
    });
    for n in 0..500 {
        assert_eq!(map.next(), Some(n));
    }
    let panic = catch_unwind(AssertUnwindSafe(|| map.next())).unwrap_err();
    assert!(message_of(panic).contains("not that one"));
    assert_eq!(map.next(), None);
    assert_eq!(map.len(), 0);
}

#[test]
fn a_panic_of_the_input_comes_after_the_results_before_it_and_ends_the_map() {
    let pool = ThreadPool::new(2);
    let items = (0..10_000).inspect(|n| assert_ne!(*n, 5000, "no such item"));
    let mut map = pool.map(items, |n| n);
    for n in 0..5000 {
        assert_eq!(map.next(), Some(n));
    }
    assert_eq!(map.len(), 0);
    let panic = catch_unwind(AssertUnwindSafe(|| map.next())).unwrap_err();
    assert!(message_of(panic).contains("no such item"));
    assert_eq!(map.next(), None);
}

#[test]
fn a_dropped_map_is_abandoned() {
    let pool = ThreadPool::new(2);
    let (open, gate) = mpsc::channel::<()>();
    let gate = Lock::new(gate);
    let mut map = pool.map(0_u64.., move |n| {
        if n > 0 {
            let _ = gate.acquire().recv_timeout(LONG);
        }
        n
    });
    assert_eq!(map.next(), Some(0));
    eventually("tasks of the map are pending", || pool.pending() > 0);
    drop(map);
    assert_eq!(pool.pending(), 0);
    drop(open);
    assert!(pool.shutdown_timeout(LONG));
}

#[test]
fn a_map_in_a_pool_that_was_shut_down_panics() {
    let pool = ThreadPool::new(1);
    pool.shutdown();
    let panic = catch_unwind(AssertUnwindSafe(|| pool.map(0..3, |n| n).next())).unwrap_err();
    assert!(message_of(panic).contains("was shut down"));
}

#[test]
fn a_map_inside_a_task_of_a_pool_of_one() {
    let pool = Arc::new(ThreadPool::new(1));
    let own = Arc::clone(&pool);
    let sum = pool.submit(move || own.map(1..=100_u64, |n| n).sum::<u64>());
    assert!(sum.wait_timeout(LONG));
    assert_eq!(sum.join().unwrap(), 5050);
}

#[test]
fn submitters_from_many_threads() {
    let pool = Arc::new(ThreadPool::new(3));
    let submitters: Vec<_> = (0..4_u64)
        .map(|who| {
            let pool = Arc::clone(&pool);
            Thread::new(move || {
                let tasks: Vec<_> = (0..500)
                    .map(|n| pool.submit(move || who * 500 + n))
                    .collect();
                tasks
                    .into_iter()
                    .map(|task| task.join().unwrap())
                    .collect::<Vec<_>>()
            })
            .start()
        })
        .collect();
    let all: HashSet<_> = submitters
        .into_iter()
        .flat_map(|submitter| submitter.join().unwrap())
        .collect();
    assert_eq!(all.len(), 2000);
}

/// Submits and joins, each inside the one before.
fn nest(pool: &Arc<ThreadPool>, depth: u32) -> u32 {
    if depth == 0 {
        return 0;
    }
    let own = Arc::clone(pool);
    1 + pool.submit(move || nest(&own, depth - 1)).join().unwrap()
}

#[test]
fn a_thousand_nested_joins_on_a_pool_of_one() {
    let pool = Arc::new(ThreadPool::new(1));
    let own = Arc::clone(&pool);
    let task = pool.submit(move || nest(&own, 1000));
    assert!(task.wait_timeout(LONG), "{pool:?}");
    assert_eq!(task.join().unwrap(), 1000);
}

/// The same with waits that have a limit, so that every level needs a thread.
fn nest_with_limit(pool: &Arc<ThreadPool>, depth: u32) -> u32 {
    if depth == 0 {
        return 0;
    }
    let own = Arc::clone(pool);
    let task = pool.submit(move || nest_with_limit(&own, depth - 1));
    assert!(task.wait_timeout(LONG));
    1 + task.join().unwrap()
}

#[test]
fn nested_waits_with_a_limit_get_threads_and_give_them_back() {
    let pool = Arc::new(ThreadPool::new(1));
    let own = Arc::clone(&pool);
    let task = pool.submit(move || nest_with_limit(&own, 30));
    assert!(task.wait_timeout(LONG));
    assert_eq!(task.join().unwrap(), 30);
    let end = Instant::now() + LONG;
    while pool.threads() > 1 {
        assert!(Instant::now() < end, "{pool:?}");
        std::thread::yield_now();
    }
    assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
}

/// When a wait ends, there is one worker too many, and an idle one is called so that it leaves. A task that arrives
/// before it has left must not rely on it.
#[test]
fn a_worker_that_is_called_to_leave_is_not_counted_on_for_a_task() {
    for _ in 0..20 {
        let pool = Arc::new(ThreadPool::new(3));
        let everybody = Arc::new(Barrier::new(3));
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let everybody = Arc::clone(&everybody);
                pool.submit(move || _ = everybody.wait())
            })
            .collect();
        wait_all(&tasks);

        let own = Arc::clone(&pool);
        let outer = pool.submit(move || {
            let busy = [occupy(&own), occupy(&own)];
            let watched = Arc::clone(&own);
            // Runs on a fourth worker, because its waiter lends its place.
            let inner = own.submit(move || {
                busy.iter().for_each(|task| _ = task.stop());
                let are_idle = || watched.idle_threads() == 2;
                eventually("both that were busy have gone to sleep", are_idle);
            });
            let (leave, left) = mpsc::channel::<()>();
            // Its worker is busy for longer than the waiter waits.
            inner.on_done(move |_| _ = left.recv_timeout(LONG));
            assert!(inner.wait_timeout(LONG));
            // One of the two idle workers leaves, and the other one has to run this.
            let (done, was_done) = mpsc::channel();
            let task = own.submit(move || _ = done.send(()));
            let in_time = was_done.recv_timeout(LONG).is_ok();
            drop((leave, task));
            in_time
        });
        assert!(
            outer.join().unwrap(),
            "no worker came for the task: {pool:?}"
        );
    }
}

#[test]
fn only_the_awaited_task_is_run_inline() {
    let pool = Arc::new(ThreadPool::new(1));
    let own = Arc::clone(&pool);
    let order = Arc::new(Lock::new(Vec::new()));
    let seen = Arc::clone(&order);
    let task = pool.submit(move || {
        let note = |what| {
            let order = Arc::clone(&order);
            move || order.acquire().push(what)
        };
        let before = own.submit(note("before"));
        let awaited = own.submit(note("awaited"));
        awaited.join().unwrap();
        note("joined")();
        drop(before);
    });
    task.join().unwrap();
    pool.shutdown();
    assert_eq!(*seen.acquire(), ["awaited", "joined", "before"]);
}

#[test]
fn an_inline_task_has_its_own_name_token_and_identity() {
    let pool = Arc::new(ThreadPool::builder(1).name("jobs").build());
    let own = Arc::clone(&pool);
    let task = pool.submit(move || {
        let outer = threadkit::current();
        let inner = own.submit(|| {
            let inner = threadkit::current();
            stop_token()
                .is_stopped()
                .then(|| (inner.name(), inner.is_alive(), inner))
        });
        inner.stop();
        let (name, alive, inner) = inner.join().unwrap().expect("its own token is stopped");
        assert!(!stop_token().is_stopped(), "and not that of the outer one");
        assert_eq!(threadkit::current(), outer);
        assert_ne!(inner, outer);
        assert!(alive && !inner.is_alive(), "alive until it has ended");
        name
    });
    assert_eq!(&*task.join().unwrap(), "jobs-1 (inline)");
}

#[test]
#[cfg(debug_assertions)]
fn a_lock_that_the_waiter_holds_is_reported_and_not_entered() {
    static LOCK: threadkit::RLock<u32> = threadkit::RLock::named("accounts", 0);
    let pool = Arc::new(ThreadPool::builder(1).name("jobs").build());
    let own = Arc::clone(&pool);
    let task = pool.submit(move || {
        let _held = LOCK.acquire();
        own.submit(|| *LOCK.acquire())
            .join()
            .unwrap_err()
            .to_string()
    });
    let report = task.join().unwrap();
    assert!(
        report.contains("task on `jobs-1 (inline)` acquires lock `accounts`")
            && report.contains("held since tests/pool.rs")
            && report.contains("by `jobs-1`, which waits for this very task"),
        "{report}"
    );
}

/// A reader keeps a writer on its thread out for ever, whether or not they are the same task.
#[test]
#[cfg(debug_assertions)]
fn a_lock_that_the_waiter_reads_is_reported_to_its_writer() {
    let lock = Arc::new(RwLock::new(0));
    let pool = Arc::new(ThreadPool::new(1));
    let own = Arc::clone(&pool);
    let task = pool.submit(move || {
        let _reads = lock.read();
        let written = Arc::clone(&lock);
        own.submit(move || *written.write() += 1)
            .join()
            .unwrap_err()
            .to_string()
    });
    assert!(task.wait_timeout(LONG), "the inner task hangs");
    let report = task.join().unwrap();
    assert!(
        report.contains("which it already holds since tests/pool.rs"),
        "{report}"
    );
}

/// A guard stays on its thread, but a task may leave it for another one that runs inline there.
#[test]
fn a_guard_may_be_dropped_by_another_task_of_its_thread() {
    thread_local! {
        static LEFT: RefCell<Option<OwnedRwLockReadGuard<u32>>> = const { RefCell::new(None) };
    }
    let lock = Arc::new(RwLock::new(0));
    let seen = Arc::clone(&lock);
    let pool = Arc::new(ThreadPool::new(1));
    let own = Arc::clone(&pool);
    let task = pool.submit(move || {
        LEFT.set(Some(lock.read_owned()));
        own.submit(|| drop(LEFT.take())).join().unwrap();
        *lock.write() += 1;
        let inner = Arc::clone(&lock);
        let leave = move || LEFT.set(Some(inner.read_owned()));
        own.submit(leave).join().unwrap();
        drop(LEFT.take());
        *lock.write() += 1;
    });
    task.join().unwrap();
    assert!(!format!("{seen:?}").contains("read_by"), "{seen:?}");
    assert_eq!(*seen.read(), 2);
}

#[test]
fn tasks_of_two_pools_wait_for_each_other() {
    let a = Arc::new(ThreadPool::new(1));
    let b = Arc::new(ThreadPool::new(1));
    let (inner_a, inner_b) = (Arc::clone(&a), Arc::clone(&b));
    let task = a.submit(move || inner_b.submit(move || inner_a.size()).join().unwrap());
    assert_eq!(task.join().unwrap(), 1);
}

#[test]
fn tasks_of_a_scope_borrow_and_return_what_they_borrow() {
    let pool = ThreadPool::new(2);
    let text = String::from("to be or not to be");
    let mut counts = [0, 0];
    let longest = pool.scope(|scope| {
        let (first, second) = counts.split_at_mut(1);
        let longest = scope.submit(|| text.split(' ').max_by_key(|word| word.len()).unwrap());
        scope.submit(|| first[0] = text.split(' ').count());
        let text = &text;
        scope.submit(move || {
            // A task submits another, which borrows as well.
            scope.submit(move || second[0] = text.len());
        });
        longest
    });
    // A task that borrows nothing from inside may leave.
    assert_eq!(longest.join().unwrap(), "not");
    assert_eq!(counts, [6, 18]);
}

#[test]
fn a_panic_in_a_scope_goes_to_its_joiner_or_on() {
    let pool = ThreadPool::new(2);
    let message = pool.scope(|scope| {
        let task = scope.submit(|| panic!("joined"));
        task.join().unwrap_err().to_string()
    });
    assert!(message.ends_with(": joined"), "{message}");

    let others = AtomicUsize::new(0);
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        pool.scope(|scope| {
            scope.submit(|| resume_unwind(Box::new(42_u8)));
            for _ in 0..10 {
                scope.submit(|| others.fetch_add(1, Ordering::Relaxed));
            }
        });
    }));
    assert_eq!(*unwound.unwrap_err().downcast::<u8>().unwrap(), 42);
    assert_eq!(others.load(Ordering::Relaxed), 10);
}

#[test]
fn a_scope_that_panics_stops_its_tasks_first() {
    let pool = ThreadPool::new(1);
    let ran = AtomicUsize::new(0);
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        pool.scope(|scope| {
            let (entered, begun) = mpsc::channel();
            scope.submit(move || {
                entered.send(()).unwrap();
                stop_token().wait();
            });
            begun.recv().unwrap();
            scope.submit(|| ran.fetch_add(1, Ordering::Relaxed));
            resume_unwind(Box::new("scope"));
        })
    }));
    assert_eq!(*unwound.unwrap_err().downcast::<&str>().unwrap(), "scope");
    assert_eq!(ran.load(Ordering::Relaxed), 0);
    assert_eq!(pool.pending(), 0);
}

#[test]
fn a_scope_inside_a_task_of_a_pool_of_one() {
    let pool = Arc::new(ThreadPool::new(1));
    let own = Arc::clone(&pool);
    let task = pool.submit(move || {
        let mut numbers = [1, 2, 3];
        own.scope(|scope| {
            for number in &mut numbers {
                scope.submit(|| *number *= 2);
            }
        });
        numbers
    });
    assert!(task.wait_timeout(LONG));
    assert_eq!(task.join().unwrap(), [2, 4, 6]);
}

#[test]
fn a_scope_in_a_pool_that_was_shut_down_panics_and_borrows_nothing_any_more() {
    let pool = ThreadPool::new(1);
    pool.shutdown();
    let mut number = 1;
    let panic = catch_unwind(AssertUnwindSafe(|| {
        pool.scope(|scope| {
            scope.submit(|| number = 2);
        });
    }));
    assert!(message_of(panic.unwrap_err()).contains("was shut down"));
    assert_eq!(number, 1);
}

#[test]
fn a_panic_that_no_joiner_takes_reaches_the_except_hook() {
    let (told, tales) = mpsc::channel();
    threadkit::set_excepthook(move |failure| {
        if failure.message().starts_with("unheard") {
            let _ = told.send((
                failure.thread().name().to_string(),
                failure.message().to_owned(),
            ));
        }
    });
    let pool = ThreadPool::builder(1).name("hooked").build();
    drop(pool.submit(|| panic!("unheard, dropped before")));
    let task = pool.submit(|| panic!("unheard, dropped after"));
    task.wait();
    drop(task);
    pool.shutdown();
    let tales: HashSet<_> = tales.try_iter().collect();
    let expected =
        ["before", "after"].map(|when| ("hooked-1".to_owned(), format!("unheard, dropped {when}")));
    assert_eq!(tales, HashSet::from(expected));
}

/// What happened to the tasks of a stress run.
#[derive(Default)]
struct Tally {
    ran: AtomicUsize,
    dropped_bodies: AtomicUsize,
    returned: AtomicUsize,
    panicked: AtomicUsize,
    cancelled: AtomicUsize,
}

/// Counts the bodies that were dropped, run or not.
struct Ghost(Arc<Tally>);

impl Drop for Ghost {
    fn drop(&mut self) {
        self.0.dropped_bodies.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn every_task_ends_one_way_whatever_happens_to_it() {
    let rounds = if cfg!(debug_assertions) { 30 } else { 1000 };
    for round in 0..rounds {
        let tally = Arc::new(Tally::default());
        let builder = ThreadPool::builder(1 + round % 3);
        let builder = match round % 4 {
            0 => builder.backlog(3, WhenFull::Block),
            1 => builder.backlog(3, WhenFull::RunInCaller),
            2 => builder.keep_alive(Duration::from_micros(10)),
            _ => builder,
        };
        let pool = Arc::new(builder.build());
        let submitters: Vec<_> = (0..3_usize)
            .map(|who| {
                let (pool, tally) = (Arc::clone(&pool), Arc::clone(&tally));
                spawn(move || submit_many(&pool, &tally, who))
            })
            .collect();
        if round % 2 == 0 {
            // The shutdown comes somewhere in the middle of the submissions.
            std::thread::sleep(Duration::from_micros(300));
            for (n, task) in pool.shutdown_now().into_iter().enumerate() {
                if n % 2 == 0 {
                    task.run();
                }
            }
        }
        let submitted: usize = submitters.into_iter().map(|s| s.join().unwrap()).sum();
        pool.shutdown();
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let (ran, returned) = (count(&tally.ran), count(&tally.returned));
        let (panicked, cancelled) = (count(&tally.panicked), count(&tally.cancelled));
        assert_eq!(returned + panicked, ran, "round {round}");
        assert_eq!(ran + cancelled, submitted, "round {round}");
        assert_eq!(count(&tally.dropped_bodies), 300, "round {round}");
    }
}

/// Submits a hundred tasks, and does something with each; returns how many the pool has accepted.
fn submit_many(pool: &Arc<ThreadPool>, tally: &Arc<Tally>, who: usize) -> usize {
    let mut submitted = 0;
    let mut tasks = Vec::new();
    for n in 0..100 {
        let ghost = Ghost(Arc::clone(tally));
        let body = move || {
            ghost.0.ran.fetch_add(1, Ordering::Relaxed);
            match n % 5 {
                // Without the panic hook, which would print it.
                0 => resume_unwind(Box::new("rain")),
                1 => stop_token().wait_timeout(Duration::from_micros(50)),
                _ => false,
            }
        };
        let Ok(task) = pool.submit_timeout(body, LONG) else {
            continue;
        };
        submitted += 1;
        let tally = Arc::clone(tally);
        task.on_done(move |ending| {
            let counter = match ending {
                threadkit::Ending::Returned => &tally.returned,
                threadkit::Ending::Panicked => &tally.panicked,
                threadkit::Ending::Cancelled => &tally.cancelled,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        });
        match (n + who) % 4 {
            0 => drop(task.cancel()),
            1 => drop(task.stop()),
            2 => tasks.push(task),
            _ => drop(task),
        }
    }
    for task in tasks {
        // Its callback counts how it ended.
        let _ = task.join();
    }
    submitted
}

/// Runs a task when it is dropped, after other thread-locals are destroyed.
struct RunsLate {
    pool: Arc<ThreadPool>,
    told: mpsc::Sender<(String, bool)>,
}

thread_local! {
    static RUNS_LATE: RefCell<Option<RunsLate>> = const { RefCell::new(None) };
}

impl Drop for RunsLate {
    fn drop(&mut self) {
        // The pool is full, so this runs here.
        let task = self.pool.submit(|| {
            let stop = stop_token();
            let name = threadkit::current().name().to_string();
            (name, stop)
        });
        let (name, stop) = task.join().expect("it does not panic");
        let _ = self.told.send((name, stop.is_stopped()));
    }
}

#[test]
fn a_thread_that_is_being_taken_down_runs_tasks() {
    support::bounded(|| {
        let pool = ThreadPool::builder(1).backlog(1, WhenFull::RunInCaller);
        let pool = Arc::new(pool.build());
        let busy = occupy(&pool);
        let waits = pool.submit(|| ());
        let (told, heard) = mpsc::channel();
        let body = |runs: RunsLate| {
            move || {
                // It is set first, so that it is destroyed last.
                RUNS_LATE.set(Some(runs));
                let _ = (threadkit::current(), stop_token());
            }
        };
        let runs = || RunsLate {
            pool: Arc::clone(&pool),
            told: told.clone(),
        };
        std::thread::spawn(body(runs())).join().unwrap();
        Thread::new(body(runs()))
            .name("late")
            .start()
            .join()
            .unwrap();
        for _ in 0..2 {
            let (name, stopped) = heard.recv_timeout(LONG).expect("it has run");
            assert!(name.ends_with(" (inline)") && !stopped, "{name}");
        }
        busy.stop();
        busy.join().unwrap();
        waits.join().unwrap();
    });
}

#[test]
fn handles_keep_their_results_while_the_memory_of_other_tasks_is_used_again() {
    const TASKS: u64 = 5_000;
    let pool = ThreadPool::new(2);
    std::thread::scope(|scope| {
        for first in [0, TASKS] {
            let pool = &pool;
            scope.spawn(move || {
                let mut kept = Vec::new();
                for n in first..first + TASKS {
                    match n % 3 {
                        0 => drop(pool.submit(move || n)),
                        1 => drop(pool.submit(move || [n; 4])),
                        _ => kept.push((n, pool.submit(move || n))),
                    }
                }
                for (n, task) in kept {
                    assert_eq!(task.join().unwrap(), n);
                }
            });
        }
    });
}
