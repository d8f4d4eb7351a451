//! `Task` as its users see it.

mod support;

use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use support::{Drops, LONG, bounded, occupy};
use threadkit::{
    AnyTask, Ending, Event, JoinError, Lock, StopSource, Task, TaskError, ThreadPool, WaitError,
    as_completed, as_completed_until, spawn, stop_token, wait_all, wait_all_until, wait_any,
    wait_any_until,
};

/// Counts how often it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_panic_comes_back_with_message_place_and_payload() {
    let pool = ThreadPool::builder(1).name("jobs").build();
    let error = pool
        .submit(|| -> () { panic!("out of {}", "cheese") })
        .join()
        .unwrap_err();
    let text = format!("{error:?}");
    assert!(
        text.starts_with("thread `jobs-1` panicked at tests/task.rs:")
            && text.ends_with(": out of cheese"),
        "{text}"
    );
    let payload = error.into_panic().unwrap();
    assert_eq!(*payload.downcast::<&str>().unwrap(), "out of cheese");
    // The thread is not affected.
    assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
}

#[test]
fn waits_end_with_the_task_the_time_or_the_token() {
    let pool = ThreadPool::new(1);
    let task = occupy(&pool);
    assert!(!task.is_finished());
    assert!(!task.wait_timeout(Duration::from_millis(2)));
    assert_eq!(
        task.wait_until(Duration::from_millis(2)),
        Err(WaitError::TimedOut)
    );
    let source = StopSource::new();
    let token = source.token();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| task.wait_until((LONG, &token)));
        source.stop();
        assert_eq!(waiter.join().unwrap(), Err(WaitError::Stopped));
        // Several may wait at once.
        let waiters = [0; 3].map(|_| scope.spawn(|| task.wait()));
        task.stop();
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
    assert!(task.is_finished());
    assert_eq!(task.wait_until(&token), Ok(()));
    task.join().unwrap();
}

#[test]
fn a_look_leaves_the_outcome() {
    let pool = ThreadPool::new(1);
    let mut busy = occupy(&pool);
    assert!(busy.peek().is_none());
    busy.stop();
    busy.wait();
    assert!(busy.peek().unwrap().is_ok());
    let mut task = pool.submit(|| String::from("here"));
    task.wait();
    for _ in 0..2 {
        assert_eq!(task.peek().unwrap().unwrap(), "here");
    }
    assert_eq!(task.join().unwrap(), "here");
}

#[test]
fn what_has_not_begun_can_be_cancelled_once() {
    let pool = ThreadPool::new(1);
    let busy = occupy(&pool);
    let dropped = Arc::new(AtomicUsize::new(0));
    let body = Counted(Arc::clone(&dropped));
    let task = pool.submit(move || drop(body));
    assert_eq!(pool.pending(), 1);
    assert!(task.cancel());
    assert_eq!(dropped.load(Ordering::SeqCst), 1, "the body goes at once");
    assert_eq!(pool.pending(), 0, "and leaves the backlog");
    assert!(!task.cancel());
    assert!(task.is_finished());
    assert!(!busy.cancel(), "it runs");
    busy.stop();
    busy.wait();
    assert!(!busy.cancel(), "it has ended");
    let error = task.join().unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(error.to_string(), "the task was cancelled before it ran");
    assert!(matches!(error.into_panic(), Err(TaskError::Cancelled)));
}

#[test]
fn a_stop_that_comes_before_the_task_is_seen_by_it() {
    let pool = ThreadPool::new(1);
    let busy = occupy(&pool);
    let task = pool.submit(|| stop_token().is_stopped());
    assert!(task.stop());
    assert!(!task.stop());
    busy.stop();
    assert!(task.join().unwrap());
    assert!(!pool.submit(|| stop_token().is_stopped()).join().unwrap());
}

#[test]
fn a_dropped_task_runs_on_and_its_value_goes() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let pool = ThreadPool::new(1);
    let busy = occupy(&pool);
    let value = Counted(Arc::clone(&dropped));
    drop(pool.submit(move || value));
    busy.stop();
    pool.shutdown();
    assert_eq!(dropped.load(Ordering::SeqCst), 1);

    let pool = ThreadPool::new(1);
    let value = Counted(Arc::clone(&dropped));
    let task = pool.submit(move || value);
    task.wait();
    drop(task);
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
}

#[test]
fn callbacks_are_called_once_in_order_whenever_they_come() {
    let pool = ThreadPool::new(1);
    let task = occupy(&pool);
    let (told, tales) = mpsc::channel();
    for n in 0..3 {
        let told = told.clone();
        task.on_done(move |ending| told.send((n, ending)).unwrap());
    }
    task.stop();
    task.wait();
    let late = told.clone();
    task.on_done(move |ending| late.send((3, ending)).unwrap());
    drop(told);
    let mut tales: Vec<_> = tales.iter().collect();
    // The late callback runs here, perhaps before the other thread has finished with the others.
    tales.retain(|(n, _)| *n < 3);
    assert_eq!(tales, [0, 1, 2].map(|n| (n, Ending::Returned)));
}

#[test]
fn a_panic_in_a_callback_harms_no_other_callback() {
    let pool = ThreadPool::new(1);
    let task = occupy(&pool);
    let (told, tales) = mpsc::channel();
    task.on_done(|_| panic!("callback"));
    task.on_done(move |ending| told.send(ending).unwrap());
    task.stop();
    assert_eq!(tales.recv_timeout(LONG), Ok(Ending::Returned));
    task.join().unwrap();
    assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
}

#[test]
fn callbacks_are_called_after_panics_and_cancels() {
    let pool = ThreadPool::new(1);
    let busy = occupy(&pool);
    let (told, tales) = mpsc::channel();
    let panics = pool.submit(|| panic!("on purpose"));
    let cancelled = pool.submit(|| ());
    for task in [&panics, &cancelled] {
        let told = told.clone();
        task.on_done(move |ending| told.send(ending).unwrap());
    }
    cancelled.cancel();
    assert_eq!(tales.recv(), Ok(Ending::Cancelled));
    busy.stop();
    assert_eq!(tales.recv(), Ok(Ending::Panicked));
}

#[test]
fn a_chain_of_tasks_that_cancel_each_other_needs_one_stack() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        let ended = Arc::new(AtomicUsize::new(0));
        let mut next: Option<Task<()>> = None;
        for _ in 0..100_000 {
            let task = pool.submit(|| ());
            let (after, ended) = (next.take(), Arc::clone(&ended));
            task.on_done(move |_| {
                ended.fetch_add(1, Ordering::SeqCst);
                assert!(after.is_none_or(|task| task.cancel()));
            });
            next = Some(task);
        }
        assert!(next.unwrap().cancel());
        assert_eq!(
            ended.load(Ordering::SeqCst),
            100_000,
            "when the first call returns"
        );
        busy.stop();
    });
}

#[test]
fn the_callbacks_of_a_task_that_a_callback_ends_run_after_it() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        let [first, second] = [(); 2].map(|()| pool.submit(|| ()));
        let order = Arc::new(Lock::new(Vec::new()));
        let note = |what: &'static str| {
            let order = Arc::clone(&order);
            move |_| order.acquire().push(what)
        };
        second.on_done(note("second"));
        let order_here = Arc::clone(&order);
        first.on_done(move |_| {
            assert!(
                second.cancel() && second.is_finished(),
                "it has ended at once"
            );
            order_here.acquire().push("first");
            panic!("it has no effect on the others");
        });
        first.on_done(note("first again"));
        assert!(first.cancel());
        assert_eq!(*order.acquire(), ["first", "first again", "second"]);
        busy.stop();
    });
}

#[test]
fn a_callback_waits_for_what_a_callback_of_an_inline_task_does() {
    bounded(|| {
        let pool = Arc::new(ThreadPool::new(1));
        let (told, heard) = (Arc::new(Event::new()), Arc::new(Event::new()));
        let own = Arc::clone(&pool);
        let (tell, hear) = (Arc::clone(&told), Arc::clone(&heard));
        pool.submit(|| ()).on_done(move |_| {
            let inner = own.submit(|| ());
            inner.on_done(move |_| tell.set());
            inner.join().unwrap();
            told.wait();
            hear.set();
        });
        assert!(heard.wait_timeout(LONG));
    });
}

#[test]
fn a_callback_may_look_at_the_pool_and_submit() {
    let pool = Arc::new(ThreadPool::new(1));
    let (told, tales) = mpsc::channel();
    let own = Arc::clone(&pool);
    pool.submit(|| ()).on_done(move |_| {
        let task = own.submit(|| 5);
        told.send(task).unwrap();
    });
    assert_eq!(tales.recv_timeout(LONG).unwrap().join().unwrap(), 5);
}

#[test]
fn a_task_that_joins_itself_is_refused() {
    let pool = ThreadPool::new(1);
    let (give, take) = mpsc::channel::<Task<()>>();
    let (told, tale) = mpsc::channel();
    let task = pool.submit(move || {
        let myself = take.recv().unwrap();
        let panic = catch_unwind(AssertUnwindSafe(|| myself.wait())).unwrap_err();
        told.send(*panic.downcast::<&'static str>().unwrap())
            .unwrap();
    });
    give.send(task).unwrap();
    assert!(
        tale.recv_timeout(LONG)
            .unwrap()
            .contains("waits for itself")
    );
}

#[test]
fn a_drop_that_panics_in_an_unwanted_value_harms_no_task() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("drop");
        }
    }
    let pool = ThreadPool::new(1);
    let busy = occupy(&pool);
    drop(pool.submit(|| Bomb));
    let body = Bomb;
    let cancelled = pool.submit(move || drop(body));
    assert!(cancelled.cancel());
    assert!(cancelled.join().unwrap_err().is_cancelled());
    busy.stop();
    assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
}

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn tasks_can_be_awaited() {
    let pool = ThreadPool::new(2);
    let sum = block_on(async {
        let a = pool.submit(|| 1);
        let b = pool.submit(|| {
            // So that the first poll mostly finds it pending.
            std::thread::sleep(Duration::from_millis(2));
            2
        });
        b.await.unwrap() + a.await.unwrap()
    });
    assert_eq!(sum, 3);
    let error = block_on(pool.submit(|| -> () { panic!("awaited") })).unwrap_err();
    assert!(error.to_string().ends_with("awaited"));
}

#[test]
fn the_last_waker_is_the_one_that_is_woken() {
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let pool = ThreadPool::new(1);
    let task = occupy(&pool);
    let mut task = pin!(task);
    let counts = [0; 2].map(|_| Arc::new(Count(AtomicUsize::new(0))));
    for count in &counts {
        let waker = Waker::from(Arc::clone(count));
        assert!(
            task.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    task.stop();
    pool.shutdown();
    assert_eq!(counts.map(|count| count.0.load(Ordering::SeqCst)), [0, 1]);
    let mut context = Context::from_waker(Waker::noop());
    assert!(task.as_mut().poll(&mut context).is_ready());
    let again = catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(&mut context)));
    assert!(again.is_err(), "polled after it was ready");
}

#[test]
fn tasks_are_send_and_sync_for_values_that_are_send() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<Task<std::cell::Cell<u8>>>();
    check::<ThreadPool>();
    check::<TaskError>();
    let pool = ThreadPool::new(1);
    let task = pool.submit(|| std::cell::Cell::new(1));
    let elsewhere = spawn(move || task.join().unwrap().get());
    assert_eq!(elsewhere.join().unwrap(), 1);
}

#[test]
fn a_wait_for_the_first_of_several_returns_its_index() {
    let pool = ThreadPool::new(3);
    let busy = [occupy(&pool), occupy(&pool)];
    let quick = pool.submit(|| "different type");
    let all = [&busy[0] as &dyn AnyTask, &busy[1], &quick];
    assert_eq!(wait_any(all), 2);
    assert_eq!(
        wait_any_until(&busy, Duration::from_millis(2)),
        Err(WaitError::TimedOut)
    );
    let source = StopSource::new();
    source.stop();
    assert_eq!(
        wait_any_until(&busy, &source.token()),
        Err(WaitError::Stopped)
    );
    busy[1].stop();
    assert_eq!(wait_any(&busy), 1);
    assert_eq!(wait_any_until(&busy, &source.token()), Ok(1));
    busy[0].stop();
    let panic = catch_unwind(|| wait_any(Vec::<Task<()>>::new())).unwrap_err();
    assert!(panic.downcast::<&str>().unwrap().contains("no tasks"));
}

#[test]
fn all_of_several_and_how_many_are_missing() {
    let pool = ThreadPool::new(2);
    wait_all(Vec::<Task<()>>::new());
    let busy = [occupy(&pool), occupy(&pool)];
    let pending = pool.submit(|| ());
    let all = [&busy[0], &busy[1], &pending];
    let error = wait_all_until(all, Duration::from_millis(2)).unwrap_err();
    assert_eq!((error.unfinished(), error.total()), (3, 3));
    assert_eq!(error.why(), WaitError::TimedOut);
    busy[0].stop();
    pending.wait();
    let source = StopSource::new();
    source.stop();
    let error = wait_all_until(all, &source.token()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 of 3 tasks unfinished: a stop was requested"
    );
    busy[1].stop();
    wait_all(all);
    assert_eq!(wait_all_until(all, &source.token()), Ok(()));
}

#[test]
fn tasks_come_in_the_order_of_their_ends_and_once() {
    let pool = ThreadPool::new(3);
    let tasks = [occupy(&pool), occupy(&pool), occupy(&pool)];
    let mut ends = as_completed([&tasks[0], &tasks[1], &tasks[2], &tasks[0]]);
    assert_eq!(ends.len(), 3, "the duplicate counts once");
    for index in [1, 2, 0] {
        tasks[index].stop();
        let ended = ends.next().expect("one has ended");
        assert!(std::ptr::eq(ended, &tasks[index]));
    }
    assert!(ends.next().is_none());
    assert_eq!(
        as_completed(tasks).count(),
        3,
        "those that have ended come at once"
    );
}

#[test]
fn a_limit_says_how_many_are_unfinished_and_gives_them_back() {
    let pool = ThreadPool::new(2);
    let (slow, quick) = (occupy(&pool), occupy(&pool));
    quick.stop();
    let mut ends = as_completed_until([slow, quick], Duration::from_millis(50));
    assert!(ends.next().unwrap().is_ok());
    let error = ends.next().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 of 2 tasks unfinished: the time was up"
    );
    assert!(ends.next().is_none());
    let rest: Vec<_> = ends.into_rest().collect();
    assert_eq!(rest.len(), 1);
    rest[0].stop();
}

#[test]
fn a_task_may_wait_for_several_of_its_own_pool_of_one() {
    let pool = Arc::new(ThreadPool::new(1));
    let own = Arc::clone(&pool);
    let task = pool.submit(move || {
        let tasks = [1, 2, 3].map(|n| own.submit(move || n));
        let first = wait_any(&tasks);
        assert!(tasks[first].is_finished());
        wait_all(&tasks);
        let more = [4, 5].map(|n| own.submit(move || n));
        let all = tasks.into_iter().chain(as_completed(more));
        all.map(|task| task.join().unwrap()).sum::<i32>()
    });
    assert!(task.wait_timeout(LONG));
    assert_eq!(task.join().unwrap(), 15);
}

#[test]
fn a_cancelled_task_has_ended_at_once_for_every_wait() {
    let pool = ThreadPool::new(1);
    let busy = occupy(&pool);
    let [first, second] = [1, 2].map(|n| pool.submit(move || n));
    assert!(first.cancel());
    // The only thread is busy, so the pool cannot have removed the cancelled task.
    assert_eq!(wait_any([&second, &first]), 1);
    assert_eq!(wait_any_until([&second, &first], Duration::ZERO), Ok(1));
    assert!(
        as_completed([&second, &first])
            .next()
            .unwrap()
            .is_finished()
    );
    assert!(second.cancel());
    wait_all([&first, &second]);
    busy.stop();
}

#[test]
fn of_no_tasks_all_have_ended_none_comes_and_none_is_the_first() {
    let none = Vec::<Task<()>>::new;
    wait_all(none());
    assert_eq!(wait_all_until(none(), Duration::ZERO), Ok(()));
    assert_eq!(as_completed(none()).count(), 0);
    assert_eq!(as_completed_until(none(), Duration::MAX).count(), 0);
    for limited in [false, true] {
        let panic = support::panic_of(|| match limited {
            false => _ = wait_any(none()),
            true => _ = wait_any_until(none(), Duration::ZERO),
        });
        assert_eq!(panic, "waiting for any of no tasks would never end");
    }
}

const SHORT: Duration = Duration::from_millis(2);

#[test]
fn a_forgotten_unrun_task_can_still_be_cancelled() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        let task = pool.submit(|| 1);
        mem::forget(pool.shutdown_now());
        busy.join().unwrap();
        assert!(!task.wait_timeout(SHORT), "no thread runs it");
        drop(pool);
        assert!(task.cancel());
        assert!(task.join().unwrap_err().is_cancelled());
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
        assert_eq!(Arc::strong_count(&alarm), 1, "no thread is to be woken");
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
        // A look in between does not change the result.
        assert!(task.peek().unwrap().is_ok());
        assert!(poll(&mut task, &first).is_ready());
        assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
    });
}

#[test]
fn nothing_is_kept_of_a_task_that_was_joined() {
    let pool = ThreadPool::new(1);
    let (captured, returned) = (Drops::new(), Drops::new());
    let body = captured.value();
    let result = returned.value();
    let task = pool.submit(move || {
        drop(body);
        result
    });
    let result = task.join().unwrap();
    assert_eq!((captured.count(), returned.count()), (1, 0));
    drop(result);
    assert_eq!(returned.count(), 1);

    // Everything that a body has not used up is dropped before its task counts as done.
    let unused = captured.value();
    let task = pool.submit(move || {
        let _keep = &unused;
    });
    task.wait();
    assert_eq!(captured.count(), 2);

    let items: Vec<_> = (0..10).map(|_| captured.value()).collect();
    let made = returned.clone();
    let mut map = pool.map(items, move |_| made.value());
    drop(map.next());
    assert_eq!(
        returned.count(),
        2,
        "a result belongs to the thread that has taken it"
    );
    drop(map);
    pool.shutdown();
    assert_eq!((captured.count() - 2) as u32, 10);
}

#[test]
fn a_wait_for_a_task_ends_when_another_thread_cancels_it() {
    bounded(|| {
        let pool = ThreadPool::new(1);
        let busy = occupy(&pool);
        let task: Arc<Task<u32>> = Arc::new(pool.submit(|| 1));
        let waiter = spawn({
            let task = Arc::clone(&task);
            move || task.wait()
        });
        assert!(!waiter.wait_timeout(SHORT));
        assert!(task.cancel());
        waiter.join().unwrap();
        let task = Arc::into_inner(task).expect("the waiter is gone");
        assert!(task.join().unwrap_err().is_cancelled());
        busy.stop();
    });
}

#[test]
fn a_task_that_is_given_twice_counts_once() {
    let pool = ThreadPool::new(1);
    let busy = occupy(&pool);
    let pending = pool.submit(|| ());
    let both = [&pending, &busy, &pending, &busy, &pending];
    let error = wait_all_until(both, SHORT).unwrap_err();
    assert_eq!((error.unfinished(), error.total()), (2, 2));
    assert_eq!(as_completed(both).len(), 2);
    busy.stop();
    wait_all(both);
    assert_eq!(wait_any(both), 0);
}

#[test]
fn as_completed_without_time_gives_ended_tasks_and_then_an_error() {
    let pool = ThreadPool::new(1);
    let ended = [1, 2].map(|n| pool.submit(move || n));
    wait_all(&ended);
    let busy = occupy(&pool);
    let error = {
        let all = [&ended[0], &ended[1]].into_iter();
        let mut ends = as_completed_until(all, Duration::ZERO);
        assert!(ends.by_ref().all(|task| task.is_ok()));
        as_completed_until([&busy], Duration::ZERO)
            .next()
            .unwrap()
            .unwrap_err()
    };
    assert_eq!(
        error.to_string(),
        "1 of 1 tasks unfinished: the time was up"
    );
    busy.stop();
}

#[test]
fn a_callback_that_panics_keeps_no_other_from_being_called() {
    let pool = ThreadPool::new(1);
    let busy = occupy(&pool);
    let called = Drops::new();
    for n in 0..4 {
        let value = called.value();
        busy.on_done(move |_| {
            drop(value);
            assert_eq!(n % 2, 0, "every second one");
        });
    }
    busy.stop();
    pool.shutdown();
    let value = called.value();
    busy.on_done(move |_| {
        drop(value);
        panic!("at once");
    });
    assert_eq!(called.count(), 5);
}

#[test]
fn a_task_says_how_it_ended() {
    let pool = ThreadPool::builder(1).name("jobs").build();
    let says = |task: &Task<()>, what: &str| {
        let text = format!("{task:?}");
        assert!(text.contains("jobs") && text.contains(what), "{text}");
    };
    let busy = occupy(&pool);
    let cancelled = pool.submit(|| ());
    let panicked = pool.submit(|| panic!("said so"));
    says(&busy, "None");
    cancelled.cancel();
    says(&cancelled, "Cancelled");
    busy.stop();
    assert!(panicked.wait_timeout(LONG));
    says(&busy, "Returned");
    says(&panicked, "Panicked");
}

/// `?` passes on failures of tasks and of threads as one type.
#[test]
fn the_error_of_a_task_becomes_that_of_a_join() {
    fn joined<T>(task: Task<T>) -> Result<T, JoinError> {
        Ok(task.join()?)
    }
    let pool = ThreadPool::builder(1).name("jobs").build();
    assert_eq!(joined(pool.submit(|| 1)).unwrap(), 1);

    let failed = joined(pool.submit(|| std::panic::panic_any(7_u32))).unwrap_err();
    assert_eq!(failed.thread_name(), "jobs-1");
    assert_eq!(*failed.into_panic().downcast::<u32>().unwrap(), 7);

    let busy = occupy(&pool);
    let task = pool.submit(|| ());
    assert!(task.cancel());
    let cancelled = joined(task).unwrap_err();
    assert_eq!(
        cancelled.to_string(),
        "the task was cancelled before it ran"
    );
    assert_eq!(
        (cancelled.thread_name(), cancelled.place().is_none()),
        ("", true)
    );
    assert_eq!(
        *cancelled.into_panic().downcast::<String>().unwrap(),
        "the task was cancelled before it ran"
    );
    busy.stop();
}

#[test]
fn callbacks_of_ended_tasks_that_give_further_ones_need_no_stack() {
    fn go(pool: &Arc<ThreadPool>, left: u32, done: mpsc::Sender<()>) {
        if left == 0 {
            done.send(()).unwrap();
            return;
        }
        let (promise, task) = pool.promise();
        promise.set(()).unwrap();
        let own = Arc::clone(pool);
        task.on_done(move |_| go(&own, left - 1, done));
    }

    bounded(|| {
        let (done, is_done) = mpsc::channel();
        go(&Arc::new(ThreadPool::new(1)), 100_000, done);
        is_done.try_recv().unwrap();
    });
}
