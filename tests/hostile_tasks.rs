//! What safe code can do to queues, pools, tasks and timers, and they endure: handles that are
//! forgotten, panics wherever code of the user runs, callbacks that pull the ground from under
//! themselves, depths, and the largest and smallest numbers there are.

mod support;

use std::cmp::Ordering as Order;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use support::{Bomb, Drops, LONG, bounded, eventually, occupy, panic_of};
use threadkit::{
    Ending, GetError, Latch, LifoQueue, PriorityQueue, PutError, Queue, Select, StopSource, Task,
    TaskError, ThreadPool, Timer, WaitError, WhenFull, as_completed, as_completed_until, spawn,
    wait_all_until,
};

const SHORT: Duration = Duration::from_millis(2);

#[test]
fn what_is_forgotten_holds_up_nobody_else() {
    bounded(|| {
        let queue = Queue::bounded(1);
        queue.put(1).unwrap();
        mem::forget(queue.jobs().next());
        mem::forget(Select::new().get(&queue, |n: i32| n));
        queue.put(2).unwrap();
        assert_eq!(queue.get(), Ok(2));
        queue.task_done().unwrap();
        // Nobody will ever be done with the first.
        assert_eq!(queue.unfinished(), 1);
        assert!(!queue.join_timeout(SHORT));

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
fn a_forgotten_unrun_task_can_still_be_cancelled() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        let task = pool.submit(|| 1);
        mem::forget(pool.shutdown_now());
        busy.join().unwrap();
        assert!(!task.wait_timeout(SHORT), "nobody runs it");
        drop(pool);
        assert!(task.cancel());
        assert!(task.join().unwrap_err().is_cancelled());
    });
}

#[test]
fn items_that_panic_when_dropped_are_all_dropped_and_counted() {
    fn check(make: impl Fn(Vec<Bomb>) -> Box<dyn FnOnce()>) {
        let drops = Drops::new();
        let bombs = (0..3).map(|_| Bomb(drops.value())).collect();
        let end = make(bombs);
        assert_eq!(panic_of(end), "a destructor that panics");
        assert_eq!(drops.count(), 3);
    }
    fn filled(bombs: Vec<Bomb>) -> Queue<Bomb> {
        let queue = Queue::unbounded();
        for bomb in bombs {
            queue.put(bomb).unwrap();
        }
        queue
    }
    check(|bombs| Box::new(|| drop(filled(bombs))));
    check(|bombs| Box::new(|| drop(filled(bombs).shutdown_now())));
    check(|bombs| {
        Box::new(|| {
            let stack = LifoQueue::unbounded();
            bombs.into_iter().for_each(|bomb| stack.put(bomb).unwrap());
            drop(stack);
        })
    });
    let drops = Drops::new();
    let queue = filled((0..2).map(|_| Bomb(drops.value())).collect());
    assert_eq!(
        panic_of(|| drop(queue.jobs().next())),
        "a destructor that panics"
    );
    assert_eq!((queue.unfinished(), drops.count()), (1, 1));
    assert_eq!(
        panic_of(|| queue.jobs().take(1).for_each(drop)),
        "a destructor that panics"
    );
    queue.join();
}

/// Uses the queue that it was in when it is dropped.
struct Returning(Queue<Returning>, u32);

impl Drop for Returning {
    fn drop(&mut self) {
        if self.1 > 0 {
            let again = Self(self.0.clone(), self.1 - 1);
            let back = self.0.try_put(again).map_err(PutError::into_inner);
            // What does not go in must not be dropped here, and so on.
            back.unwrap_or_else(mem::forget);
        }
    }
}

#[test]
fn an_item_may_hold_its_queue_and_use_it_when_dropped() {
    bounded(|| {
        let queue = Queue::bounded(1);
        queue.put(Returning(queue.clone(), 3)).unwrap();
        let mut rounds = 0;
        while let Ok(item) = queue.try_get() {
            drop(item);
            queue.task_done().unwrap();
            rounds += 1;
        }
        assert_eq!(rounds, 4);
        queue.join();

        // Refused, and handed back while the lock is free.
        queue.put(Returning(queue.clone(), 0)).unwrap();
        let refused = queue.try_put(Returning(queue.clone(), 0));
        assert!(matches!(refused, Err(PutError::Full(_))));
        drop(refused);
        let left = queue.shutdown_now();
        drop(left);
        assert!(queue.is_empty());
    });
}

/// Cannot be compared as long as its class is forbidden.
struct Moody(u32, Arc<AtomicBool>);

impl Ord for Moody {
    fn cmp(&self, other: &Self) -> Order {
        assert!(!self.1.load(Ordering::Relaxed), "not in the mood");
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Moody {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Moody {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Moody {}

#[test]
fn a_comparison_that_panics_in_a_select_leaves_all_as_it_was() {
    bounded(|| {
        let mood = Arc::new(AtomicBool::new(false));
        let moody = PriorityQueue::unbounded();
        let plain = Queue::unbounded();
        for n in [3, 1, 2] {
            moody.put(Moody(n, Arc::clone(&mood))).unwrap();
        }
        let mut select = Select::new()
            .get(&moody, |item: Moody| item.0)
            .get(&plain, |n| n);
        mood.store(true, Ordering::Relaxed);
        assert_eq!(panic_of(|| _ = select.wait()), "not in the mood");
        mood.store(false, Ordering::Relaxed);
        plain.put(9).unwrap();
        let mut got: Vec<_> = (0..4).map(|_| select.wait().unwrap()).collect();
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3, 9]);
        assert_eq!(select.try_wait(), Err(GetError::Empty));
    });
}

#[test]
fn the_closures_of_a_select_may_end_panic_and_fill_its_queues() {
    bounded(|| {
        let (a, b) = (Queue::unbounded(), Queue::unbounded());
        let mut select = Select::new()
            .get(&a, |n: u32| {
                if n == 0 {
                    a.shutdown();
                    b.put(7).unwrap();
                    b.shutdown();
                }
                assert_ne!(n, 1, "one");
                n
            })
            .get(&b, |n| n)
            // The same again: an item still comes out once.
            .get(&b, |n| n);
        a.put(1).unwrap();
        a.put(0).unwrap();
        assert!(panic_of(|| _ = select.wait()).contains("one"));
        assert_eq!(select.wait(), Ok(0));
        assert_eq!(select.wait(), Ok(7));
        assert_eq!(select.wait(), Err(GetError::ShutDown));
    });
}

#[test]
fn a_task_is_joined_from_its_own_callback() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        let own: Arc<Mutex<Option<Task<u32>>>> = Arc::default();
        let (told, tale) = mpsc::channel();
        let task = pool.submit(|| 42);
        task.on_done({
            let own = Arc::clone(&own);
            move |_| {
                let task = own.lock().unwrap().take().expect("it was left here");
                told.send(task.join().unwrap()).unwrap();
            }
        });
        *own.lock().unwrap() = Some(task);
        busy.stop();
        assert_eq!(tale.recv_timeout(LONG), Ok(42));
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
                    // Refused, because it would wait for the thread that it is on.
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

/// What panics again wherever it is dropped.
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
fn payloads_that_panic_when_dropped_harm_nobody() {
    bounded(|| {
        let drops = Drops::new();
        let bomb = || Stubborn(drops.clone());
        let pool = ThreadPool::new(1);

        let (payload, task) = (bomb(), occupy(&pool));
        let lost = pool.submit(move || panic_any(payload));
        drop(lost); // nobody asks for it
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
                "it lends a place that nobody needs"
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
            // What has ended comes even when there is no time at all.
            let mut ends = as_completed_until([&waits], Duration::ZERO);
            assert!(ends.next().unwrap().is_ok());
            assert_eq!(wait_all_until([&waits], Duration::ZERO), Ok(()));
            assert!(pool.shutdown_timeout(Duration::MAX));
            assert!(pool.shutdown_timeout(Duration::ZERO));
        }
    });
}

#[test]
fn the_largest_queue_is_a_queue_and_no_batch_is_too_large() {
    let queue = Queue::bounded(usize::MAX);
    for n in 0..10 {
        queue.put_timeout(n, Duration::ZERO).unwrap();
    }
    assert!(!queue.is_full());
    assert_eq!(queue.get_up_to(0), Ok(Vec::new()));
    assert_eq!(queue.get_up_to(usize::MAX).unwrap().len(), 10);
    queue.shutdown();
    assert_eq!(queue.get_up_to_until(0, Duration::ZERO), Ok(Vec::new()));

    let nothings = PriorityQueue::bounded(1000);
    (0..1000).for_each(|_| nothings.put(()).unwrap());
    assert_eq!(nothings.try_put(()), Err(PutError::Full(())));
    assert_eq!(nothings.drain().len(), 1000);
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
        // What was started in addition goes again.
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
fn a_timer_schedules_a_hundred_thousand_more() {
    const MANY: usize = 100_000;
    bounded(|| {
        let left = Arc::new(Latch::new(MANY));
        let seed = Arc::clone(&left);
        let first = Timer::after(Duration::ZERO, move || {
            for n in 0..MANY {
                let left = Arc::clone(&seed);
                Timer::after(Duration::from_nanos((n % 3) as u64), move || {
                    left.count_down();
                });
            }
        });
        first.wait();
        assert!(left.wait_timeout(LONG));
    });
}

#[test]
fn a_restless_timer_starves_no_other() {
    bounded(|| {
        let runs = Arc::new(AtomicUsize::new(0));
        let restless = Timer::every(Duration::from_nanos(1), {
            let runs = Arc::clone(&runs);
            move || _ = runs.fetch_add(1, Ordering::Relaxed)
        });
        assert!(Timer::after(SHORT, || ()).wait_timeout(LONG));
        assert!(runs.load(Ordering::Relaxed) > 0);
        assert!(restless.cancel());
        restless.wait();
    });
}

#[test]
fn what_a_timer_has_captured_may_do_anything_when_it_goes() {
    /// Cancels another timer and makes a third when it is dropped, and then panics.
    struct Busy(
        Timer,
        Arc<Latch>,
        #[expect(dead_code, reason = "goes last")] Bomb,
    );

    impl Drop for Busy {
        fn drop(&mut self) {
            assert!(self.0.cancel());
            let done = Arc::clone(&self.1);
            Timer::after(Duration::ZERO, move || done.count_down());
        }
    }

    bounded(|| {
        let done = Arc::new(Latch::new(2));
        let drops = Drops::new();
        for cancelled in [true, false] {
            let other = Timer::after(LONG, || unreachable!());
            let busy = Busy(other.clone(), Arc::clone(&done), Bomb(drops.value()));
            let delay = if cancelled { LONG } else { Duration::ZERO };
            let timer = Timer::after(delay, move || drop(busy));
            if cancelled {
                // The except hook is called with the panic of what it has captured.
                assert!(timer.cancel());
            }
            timer.wait();
            assert!(!timer.cancel());
            assert!(other.is_finished());
        }
        assert!(done.wait_timeout(LONG));
        assert_eq!(drops.count(), 2);
    });
}

/// Counts how often it is woken, and panics then if `panics` is set.
struct Alarm {
    woken: AtomicUsize,
    panics: bool,
}

impl Alarm {
    fn new(panics: bool) -> Arc<Self> {
        let woken = AtomicUsize::new(0);
        Arc::new(Self { woken, panics })
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.woken.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics, "a waker that panics");
    }
}

fn poll<T>(task: &mut Task<T>, alarm: &Arc<Alarm>) -> Poll<Result<T, TaskError>> {
    let waker = Waker::from(Arc::clone(alarm));
    Pin::new(task).poll(&mut Context::from_waker(&waker))
}

#[test]
fn a_future_that_is_dropped_midway_lets_its_executor_go() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let mut task = occupy(&pool);
        let stop = Arc::new(StopSource::new());
        task.on_done({
            let stop = Arc::clone(&stop);
            move |_| _ = stop.stop()
        });
        let alarm = Alarm::new(false);
        assert!(poll(&mut task, &alarm).is_pending());
        assert_eq!(Arc::strong_count(&alarm), 2);
        drop(task);
        assert_eq!(Arc::strong_count(&alarm), 1, "nobody is to be woken");
        drop(pool.shutdown_now());
        pool.shutdown();
        assert!(
            stop.token().is_stopped(),
            "callbacks are called nevertheless"
        );
        assert_eq!(alarm.woken.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn a_future_moves_between_threads_and_its_waker_may_panic() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let mut task = occupy(&pool);
        let (first, last) = (Alarm::new(false), Alarm::new(true));
        assert!(poll(&mut task, &first).is_pending());
        let alarm = Arc::clone(&last);
        let elsewhere = spawn(move || {
            assert!(poll(&mut task, &alarm).is_pending());
            task
        });
        let mut task = elsewhere.join().unwrap();
        assert_eq!(Arc::strong_count(&first), 1, "replaced");
        let (told, ending) = mpsc::channel();
        task.on_done(move |how| told.send(how).unwrap());
        task.stop();
        assert_eq!(ending.recv_timeout(LONG), Ok(Ending::Returned));
        assert_eq!(last.woken.load(Ordering::SeqCst), 1);
        // A look in between takes nothing away.
        assert!(task.peek().unwrap().is_ok());
        assert!(poll(&mut task, &first).is_ready());
        assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
    });
}
