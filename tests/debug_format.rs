//! What `{:?}` prints of each public type: its name, and what helps to find a fault. For an error it prints the
//! sentence of its `Display`, as `unwrap` does.

mod support;

use std::fmt::{Debug, Display};
use std::sync::mpsc;
use std::time::Duration;

use support::{bounded, occupy};
use threadkit::explore::Explorer;
use threadkit::timeline;
use threadkit::{
    Barrier, Condition, Event, GetError, Latch, Lazy, LifoQueue, Lock, Once, PriorityQueue, Queue,
    RLock, RwLock, Select, Semaphore, ShutDown, StopSource, Supervisor, Thread, ThreadLocal,
    ThreadPool, Timer, as_completed, as_completed_until, current, monitor, scope, spawn,
    stop_token, try_scope,
};

/// Far enough away for a timer that is not to run.
const FAR: Duration = Duration::from_secs(3600);

#[track_caller]
fn prints(value: &dyn Debug, expected: &str) {
    assert_eq!(format!("{value:?}"), expected);
}

#[track_caller]
fn begins(value: &dyn Debug, expected: &str) {
    let text = format!("{value:?}");
    assert!(
        text.starts_with(expected),
        "{text} does not begin with {expected}"
    );
}

/// An error prints one sentence in both ways.
#[track_caller]
fn prints_as_a_sentence<E: Debug + Display>(error: E, part: &str) {
    let text = format!("{error}");
    assert!(text.contains(part), "{text} lacks {part}");
    assert_eq!(format!("{error:?}"), text);
}

#[test]
fn locks_print_their_value() {
    begins(&Lock::new(7), "Lock { value: 7");
    begins(&RLock::new(7), "RLock { value: 7");
    begins(&RwLock::new(7), "RwLock { value: 7");
    prints(&Lock::new("a").acquire(), "\"a\"");
}

#[test]
fn other_primitives_print_their_state() {
    let event = Event::new();
    prints(&event, "Event { set: false, waiting: 0, .. }");
    event.set();
    prints(&event, "Event { set: true, waiting: 0, .. }");
    prints(&Condition::new(), "Condition { waiting: 0, .. }");
    prints(
        &Barrier::new(2),
        "Barrier { parties: 2, waiting: 0, broken: None, .. }",
    );
    prints(&Latch::new(3), "Latch { count: 3, .. }");
    prints(
        &Semaphore::new(2),
        "Semaphore { available: 2, waiting: 0, .. }",
    );
    prints(
        &Semaphore::bounded(2),
        "Semaphore { available: 2, bound: 2, waiting: 0, .. }",
    );
    prints_as_a_sentence(Semaphore::bounded(1).release(1).unwrap_err(), "1");

    let once = Once::new();
    prints(&once, "Once(<not made>)");
    once.get_or_init(|| 5);
    prints(&once, "Once(5)");
    let lazy = Lazy::new(|| 6);
    prints(&lazy, "Lazy(<not made>)");
    assert_eq!(*lazy, 6);
    prints(&lazy, "Lazy(6)");
    let local = ThreadLocal::new(|| 1);
    prints(&local, "ThreadLocal { here: None }");
    local.with(|_| ());
    prints(&local, "ThreadLocal { here: Some(1) }");
}

#[test]
fn stops_print_whether_they_have_come() {
    let source = StopSource::new();
    let token = source.token();
    prints(&source, "StopSource { stopped: false }");
    prints(&token, "StopToken { stopped: false }");
    prints(&token.on_stop(|| ()), "Registration { .. }");
    source.stop();
    prints(&source, "StopSource { stopped: true }");
    prints(&token, "StopToken { stopped: true }");
}

#[derive(Debug)]
struct Body;

#[threadkit::thread]
impl Body {
    fn run(self) {}
}

#[test]
fn threads_print_their_identity() {
    bounded(|| {
        let thread = Thread::new(|| stop_token().wait()).name("printed").start();
        begins(&thread, "JoinHandle { name: \"printed\", ident: ");
        begins(thread.thread(), "ThreadRef { name: \"printed\", ident: ");
        thread.stop();
        thread.join().unwrap();
        begins(
            &Thread::new(Body).daemon(true),
            "Thread { body: Body, target: ",
        );
        prints_as_a_sentence(
            Thread::new(|| ()).name("\0").try_start().unwrap_err(),
            "NUL byte",
        );
        prints_as_a_sentence(spawn(|| panic!("a reason")).join().unwrap_err(), "a reason");
        let main = format!("{:?}", threadkit::main_thread());
        assert!(main.contains("name: \"main\""), "{main}");
        assert!(main.contains("daemon: false"), "{main}");
        // A thread that threadkit has only adopted does not keep the process from ending.
        assert!(format!("{:?}", current()).contains("daemon: true"));
    });
}

#[test]
fn scopes_print_whether_they_are_stopped() {
    scope(|s| {
        prints(&s, "Scope { stopped: false, .. }");
        s.stop();
        prints(&s, "Scope { stopped: true, .. }");
    });
    let panics = try_scope(|s| {
        s.spawn(|| panic!("a reason"));
    })
    .unwrap_err();
    prints_as_a_sentence(panics, "a reason");
}

#[test]
fn supervisors_print_their_settings() {
    fn body() {}
    let factory: fn(u32) -> fn() = |_| body;
    let supervisor = Supervisor::new(factory).max_restarts(3);
    let text = format!("{supervisor:?}");
    assert!(text.starts_with("Supervisor { factory: "), "{text}");
    assert!(text.contains("limit: Some(3)"), "{text}");
}

#[test]
fn failures_print_as_a_sentence() {
    bounded(|| {
        let (told, hears) = mpsc::channel();
        let error = Supervisor::new(|_: u32| || panic!("a reason"))
            .pauses(Duration::ZERO, Duration::from_secs(1))
            .max_restarts(1)
            .on_failure(move |failure| {
                let _ = told.send((format!("{failure}"), format!("{failure:?}")));
            })
            .start()
            .join()
            .unwrap()
            .unwrap_err();
        prints_as_a_sentence(error, "a reason");
        let (text, debug) = hears.recv().expect("one restart was reported");
        assert!(text.contains("a reason"), "{text}");
        assert_eq!(debug, text);
    });
}

#[test]
fn queues_print_what_they_hold() {
    bounded(|| {
        let queue = Queue::unbounded();
        queue.put(1).unwrap();
        queue.put(2).unwrap();
        prints(&queue, "Queue { len: 2, unfinished: 2, .. }");
        prints(&queue.jobs().next().unwrap(), "Job(1)");
        begins(&queue.iter(), "Iter { until: ");
        begins(&queue.jobs(), "Jobs { until: ");
        prints(&queue.into_iter(), "IntoIter { .. }");
        begins(&LifoQueue::<u8>::unbounded(), "LifoQueue { ");
        begins(&PriorityQueue::<u8>::unbounded(), "PriorityQueue { ");

        let (items, event) = (Queue::<u8>::bounded(1), Event::new());
        let select = Select::new().get(&items, drop).event(&event, || ());
        prints(&select, "Select { queues: 1, events: 1, .. }");

        items.put(1).unwrap();
        prints_as_a_sentence(items.try_put(2).unwrap_err(), "full");
        prints_as_a_sentence(
            items
                .task_done()
                .and_then(|()| items.task_done())
                .unwrap_err(),
            "",
        );
        prints_as_a_sentence(GetError::ShutDown, "shut down");
        prints_as_a_sentence(ShutDown, "shut down");
    });
}

#[test]
fn pools_print_their_size_and_tasks_how_they_ended() {
    bounded(|| {
        begins(
            &ThreadPool::builder(2),
            "ThreadPoolBuilder { size: 2, max_threads: 258, name: ",
        );
        let pool = ThreadPool::builder(1).name("printed").build();
        prints(
            &pool,
            "ThreadPool { name: \"printed\", size: 1, threads: 0, idle: 0, pending: 0, .. }",
        );
        let task = pool.submit(|| 1);
        task.wait();
        begins(&task, "Task { pool: \"printed\", ending: Some(");
        prints_as_a_sentence(
            pool.submit(|| panic!("a reason")).join().unwrap_err(),
            "a reason",
        );
        pool.scope(|s| prints(s, "PoolScope { pool: \"printed\", .. }"));
        let tasks = || (0..2).map(|n| pool.submit(move || n));
        prints(&as_completed(tasks()), "AsCompleted { left: 2, .. }");
        prints(
            &as_completed_until(tasks(), FAR),
            "AsCompletedUntil { left: 2, total: 2, .. }",
        );
        begins(
            &pool.map([1], |n| n),
            "Map { pool: ThreadPool { name: \"printed\"",
        );

        // One task runs, and one does not begin.
        let running = occupy(&pool);
        let waiting = pool.submit(|| ());
        let unrun = pool.shutdown_now();
        drop(running);
        prints(&unrun[0], "Unrun { cancelled: false }");
        waiting.cancel();
        prints(&unrun[0], "Unrun { cancelled: true }");
        prints_as_a_sentence(pool.try_submit(|| ()).unwrap_err(), "shut down");
    });
}

#[test]
fn timers_print_whether_they_are_over() {
    let timer = Timer::after(FAR, || ());
    prints(&timer, "Timer { finished: false, .. }");
    timer.cancel();
    prints(&timer, "Timer { finished: true, .. }");
}

/// A value to share.
struct Shelf;

#[monitor(SharedShelf)]
impl Shelf {
    pub(crate) fn look(&self) {}
}

#[test]
fn handles_of_monitors_print_how_many_threads_wait() {
    let shelf = SharedShelf::from(Shelf);
    shelf.look();
    prints(&shelf, "SharedShelf { waiting: 0, .. }");
}

#[test]
fn explorers_print_their_settings() {
    begins(
        &Explorer::new().random().runs(3).seed(7),
        "Explorer { runs: 3, strategy: Random, seed: 7",
    );
}

#[test]
fn recordings_print_what_they_have() {
    let recorder = timeline::record();
    begins(&recorder, "Recorder { records: ");
    begins(&recorder.stop(), "Recording { threads: ");
}
