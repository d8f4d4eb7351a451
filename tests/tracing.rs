//! Spans that are carried into threads, tasks and timers, and failures as events. There is one subscriber for the whole
//! process, so one test runs at a time.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use threadkit::{
    Event as Signal, Queue, Supervisor, Task, Thread, ThreadPool, Timer, WhenFull, scope, spawn,
    stop_token,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber, info, info_span};

/// What the subscriber has received: events, with their spans, as text.
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static STACK: Mutex<Vec<(Id, &'static Metadata<'static>)>> = const { Mutex::new(Vec::new()) };
}

/// Every span, and the number of its owners.
static SPANS: Mutex<Vec<(&'static Metadata<'static>, usize)>> = Mutex::new(Vec::new());

/// The names of spans that no code holds any more.
static CLOSED: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(60);

struct Listener;

struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut spans = SPANS.lock().unwrap();
        spans.push((span.metadata(), 1));
        Id::from_u64(spans.len() as u64)
    }

    fn clone_span(&self, id: &Id) -> Id {
        SPANS.lock().unwrap()[id.into_u64() as usize - 1].1 += 1;
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut spans = SPANS.lock().unwrap();
        let (metadata, owners) = &mut spans[id.into_u64() as usize - 1];
        *owners -= 1;
        if *owners == 0 {
            CLOSED.lock().unwrap().push(metadata.name());
        }
        *owners == 0
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        let spans = STACK.with(|stack| {
            let stack = stack.lock().unwrap();
            let names = stack.iter().map(|(_, metadata)| metadata.name());
            names.collect::<Vec<_>>().join("/")
        });
        HEARD.lock().unwrap().push(format!("[{spans}]{}", words.0));
    }

    fn enter(&self, id: &Id) {
        let (metadata, _) = SPANS.lock().unwrap()[id.into_u64() as usize - 1];
        STACK.with(|stack| stack.lock().unwrap().push((id.clone(), metadata)));
    }

    fn exit(&self, id: &Id) {
        STACK.with(|stack| {
            let mut stack = stack.lock().unwrap();
            let at = stack
                .iter()
                .rposition(|(of, _)| of == id)
                .expect("it was entered");
            stack.remove(at);
        });
    }

    fn current_span(&self) -> tracing_core::span::Current {
        STACK.with(|stack| match stack.lock().unwrap().last() {
            Some((id, metadata)) => tracing_core::span::Current::new(id.clone(), metadata),
            None => tracing_core::span::Current::none(),
        })
    }
}

/// A subscriber that panics whenever a thread calls it.
struct Panics;

impl Subscriber for Panics {
    /// Called when a subscriber is made, for what other tests have used, with a lock of tracing's.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        panic!("enabled")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        panic!("new_span")
    }

    fn record(&self, _: &Id, _: &Record<'_>) {
        panic!("record")
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {
        panic!("record_follows_from")
    }

    fn event(&self, _: &Event<'_>) {
        panic!("event")
    }

    fn enter(&self, _: &Id) {
        panic!("enter")
    }

    fn exit(&self, _: &Id) {
        panic!("exit")
    }

    fn current_span(&self) -> tracing_core::span::Current {
        panic!("current_span")
    }
}

fn heard() -> Vec<String> {
    std::mem::take(&mut *HEARD.lock().unwrap())
}

/// Until this is dropped, the test has the subscriber to itself.
fn listen() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    static INSTALLED: Once = Once::new();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    INSTALLED.call_once(|| tracing::subscriber::set_global_default(Listener).unwrap());
    heard();
    turn
}

fn is_closed(name: &str) -> bool {
    CLOSED.lock().unwrap().contains(&name)
}

/// Fails unless the event has these parts.
#[track_caller]
fn assert_event(event: &str, parts: &[&str]) {
    for part in parts {
        assert!(event.contains(part), "{event:?} lacks {part:?}");
    }
}

/// A task of that pool which runs, and does nothing until what is returned is set.
fn occupy(pool: &ThreadPool) -> (Task<()>, Arc<Signal>) {
    let (begun, done) = (Arc::new(Signal::new()), Arc::new(Signal::new()));
    let task = pool.submit({
        let (begun, done) = (Arc::clone(&begun), Arc::clone(&done));
        move || {
            begun.set();
            assert!(done.wait_timeout(LIMIT), "it was not released");
        }
    });
    assert!(begun.wait_timeout(LIMIT), "it does not begin");
    (task, done)
}

#[test]
fn spans_go_along_into_threads_and_failures_are_events() {
    let _turn = listen();

    {
        let _span = info_span!("request").entered();
        let worker = spawn(|| {
            info!("from the thread");
            spawn(|| info!("from its child")).join().unwrap();
        });
        worker.join().unwrap();
        scope(|s| {
            s.spawn(|| info!("from a scope"));
        });
    }
    spawn(|| info!("from elsewhere")).join().unwrap();
    assert_eq!(
        heard(),
        [
            "[request] message=from the thread",
            "[request] message=from its child",
            "[request] message=from a scope",
            "[] message=from elsewhere",
        ]
    );

    {
        let _span = info_span!("job").entered();
        let worker = Thread::new(|| panic!("oops")).name("worker").start();
        let error = worker.join().unwrap_err();
        let place = error.place().unwrap().to_string();
        let heard = heard();
        assert_eq!(heard.len(), 1, "{heard:?}");
        for part in [
            "[job]",
            "thread=\"worker\"",
            "oops",
            &place,
            "thread panicked",
        ] {
            assert!(heard[0].contains(part), "{heard:?} lacks {part}");
        }
    }

    let worker = Thread::new(|| "x".parse::<u8>()).name("parser");
    let worker = worker.report_errors().start();
    worker.wait();
    drop(worker);
    let lost = heard();
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(
        lost[0].contains("a thread failed and was not joined"),
        "{lost:?}"
    );
    assert!(lost[0].contains("invalid digit"), "{lost:?}");

    let supervisor = Supervisor::new(|n| move || if n == 0 { Err("again") } else { Ok(()) })
        .pauses(Duration::ZERO, Duration::from_secs(60));
    supervisor.start().join().unwrap().unwrap();
    let again = heard();
    assert_eq!(again.len(), 1, "{again:?}");
    assert!(again[0].contains("again"), "{again:?}");
}

#[test]
fn a_task_runs_in_the_span_where_it_was_submitted() {
    let _turn = listen();
    let pool = info_span!("made").in_scope(|| {
        let pool = ThreadPool::builder(1)
            .initializer(|| info!("initializer"))
            .build();
        pool.submit(|| info!("first")).join().unwrap();
        pool
    });
    assert_eq!(heard(), ["[] message=initializer", "[made] message=first"]);

    pool.submit(|| info!("submit, outside")).join().unwrap();
    let span = info_span!("second").entered();
    pool.submit(|| info!("submit")).join().unwrap();
    let task = pool.try_submit(|| info!("try_submit")).unwrap();
    task.join().unwrap();
    let task = pool.submit_timeout(|| info!("submit_timeout"), LIMIT);
    task.unwrap().join().unwrap();
    let task = pool.submit_until(|| info!("submit_until"), LIMIT);
    task.unwrap().join().unwrap();
    pool.scope(|s| {
        s.submit(|| info!("scope")).join().unwrap();
        info_span!("inside").in_scope(|| s.submit(|| info!("scope, inside")));
    });
    drop(span);
    assert_eq!(
        heard(),
        [
            "[] message=submit, outside",
            "[second] message=submit",
            "[second] message=try_submit",
            "[second] message=submit_timeout",
            "[second] message=submit_until",
            "[second] message=scope",
            "[inside] message=scope, inside",
        ]
    );

    // A callback comes when the span has been let go.
    let (busy, done) = occupy(&pool);
    let task = info_span!("called back").in_scope(|| pool.submit(|| info!("task")));
    task.on_done(|_| info!("callback"));
    done.set();
    pool.submit(|| info!("next task")).join().unwrap();
    busy.join().unwrap();
    task.join().unwrap();
    assert_eq!(
        heard(),
        [
            "[called back] message=task",
            "[] message=callback",
            "[] message=next task",
        ]
    );

    // A map submits when its results are taken.
    let results = info_span!("map").in_scope(|| pool.map(1..=2, |n| info!("item {n}")));
    info_span!("taken").in_scope(|| results.for_each(drop));
    assert_eq!(
        heard(),
        ["[taken] message=item 1", "[taken] message=item 2"]
    );
}

#[test]
fn it_does_so_wherever_it_runs() {
    let _turn = listen();
    // By the worker that joins it.
    let pool = Arc::new(ThreadPool::new(1));
    let outer = info_span!("joiner").in_scope(|| {
        let inside = Arc::clone(&pool);
        pool.submit(move || {
            let span = info_span!("inner");
            let inner = span.in_scope(|| inside.submit(|| info!("in its joiner")));
            drop(span);
            inner.join().unwrap();
            assert!(is_closed("inner"), "the worker keeps the span");
            info!("after it");
        })
    });
    outer.join().unwrap();
    assert_eq!(
        heard(),
        [
            "[joiner/inner] message=in its joiner",
            "[joiner] message=after it"
        ]
    );

    // By the submitter, which is in that span already.
    let small = ThreadPool::builder(1)
        .backlog(1, WhenFull::RunInCaller)
        .build();
    let (busy, done) = occupy(&small);
    let waiting = small.submit(|| info!("by the worker"));
    let span = info_span!("caller").entered();
    small.submit(|| info!("by the caller")).join().unwrap();
    drop(span);
    done.set();
    busy.join().unwrap();
    waiting.join().unwrap();
    assert_eq!(
        heard(),
        [
            "[caller/caller] message=by the caller",
            "[] message=by the worker"
        ]
    );

    // The caller runs it, to which the pool has returned it.
    let closing = ThreadPool::new(1);
    let begun = Arc::new(Signal::new());
    let entered = Arc::clone(&begun);
    let busy = closing.submit(move || {
        entered.set();
        assert!(stop_token().wait_timeout(LIMIT), "it was not stopped");
    });
    assert!(begun.wait_timeout(LIMIT), "it does not begin");
    let task = info_span!("submitted").in_scope(|| closing.submit(|| info!("after all")));
    let without = closing.submit(|| info!("without a span"));
    let given_back = closing.shutdown_now();
    busy.join().unwrap();
    info_span!("elsewhere").in_scope(|| {
        for unrun in given_back {
            assert!(unrun.run());
        }
    });
    task.join().unwrap();
    without.join().unwrap();
    assert_eq!(
        heard(),
        [
            "[elsewhere/submitted] message=after all",
            "[elsewhere] message=without a span",
        ]
    );
}

#[test]
fn a_task_that_panics_is_one_event() {
    let _turn = listen();
    let pool = ThreadPool::builder(1).name("jobs").build();
    pool.submit(|| ()).join().unwrap();

    let panicking = || -> u8 { panic!("oops") };
    let task = info_span!("joined").in_scope(|| pool.submit(panicking));
    let error = task.join().unwrap_err().to_string();
    let place = format!("{}:", file!());
    assert!(error.contains(&place), "{error}");
    let events = heard();
    assert_eq!(events.len(), 1, "{events:?}");
    let thread = "thread=\"jobs-1\"";
    assert_event(
        &events[0],
        &["[joined]", thread, &place, "oops", "thread panicked"],
    );

    // Inside the task that joins it, with the name that it has there.
    let inside = Arc::new(ThreadPool::builder(1).name("jobs").build());
    let within = Arc::clone(&inside);
    let outer = inside.submit(move || within.submit(panicking).join().is_err());
    assert!(outer.join().unwrap());
    let events = heard();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_event(&events[0], &["thread=\"jobs-1 (inline)\"", "oops"]);

    // In a map, which goes on with it.
    let mut results = pool.map([1, 2], |n| assert_ne!(n, 2, "no second"));
    let taken = std::panic::AssertUnwindSafe(|| {
        info_span!("map").in_scope(|| results.by_ref().for_each(drop));
    });
    assert!(std::panic::catch_unwind(taken).is_err());
    let events = heard();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_event(
        &events[0],
        &["[map]", thread, "no second", "thread panicked"],
    );

    // In a scope, which does so too.
    let all = std::panic::AssertUnwindSafe(|| {
        pool.scope(|s| drop(info_span!("scope").in_scope(|| s.submit(panicking))));
    });
    assert!(std::panic::catch_unwind(all).is_err());
    let events = heard();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_event(&events[0], &["[scope]", thread, "oops", "thread panicked"]);

    // In the initializer of a worker.
    let broken = ThreadPool::builder(1)
        .name("broken")
        .initializer(|| panic!("no database"));
    let task = info_span!("unlucky").in_scope(|| broken.build().submit(|| ()));
    assert!(task.join().is_err());
    let events = heard();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_event(
        &events[0],
        &[
            "[]",
            "thread=\"broken-1\"",
            "no database",
            "thread panicked",
        ],
    );
}

#[test]
fn a_task_that_is_not_joined_is_another() {
    let _turn = listen();
    let pool = ThreadPool::builder(1).name("jobs").build();
    let given_up = Arc::new(Signal::new());
    let task = info_span!("lost").in_scope(|| {
        let given_up = Arc::clone(&given_up);
        pool.submit(move || {
            assert!(given_up.wait_timeout(LIMIT), "some code still holds it");
            panic!("oops")
        })
    });
    drop(task);
    given_up.set();
    pool.shutdown();
    let events = heard();
    assert_eq!(events.len(), 2, "{events:?}");
    let thread = "thread=\"jobs-1\"";
    assert_event(&events[0], &["[lost]", thread, "oops", "thread panicked"]);
    assert_event(
        &events[1],
        &[
            "[lost]",
            thread,
            "oops",
            "a thread failed and was not joined",
        ],
    );
}

/// What makes a timer that repeats.
type Maker = fn(Duration, Box<dyn FnMut() + Send>) -> Timer;

#[test]
fn a_timer_runs_in_the_span_where_it_was_made() {
    let _turn = listen();
    // The first of the process, which has the timers' thread started.
    let timer = info_span!("first").in_scope(|| Timer::after(Duration::ZERO, || info!("after")));
    assert!(timer.wait_timeout(LIMIT));
    assert!(is_closed("first"), "a timer that has run keeps its span");
    let timer = Timer::after(Duration::ZERO, || info!("outside"));
    assert!(timer.wait_timeout(LIMIT));
    assert_eq!(heard(), ["[first] message=after", "[] message=outside"]);

    let brief = Duration::from_millis(1);
    let makers: [Maker; 2] = [|d, f| Timer::every(d, f), |d, f| Timer::with_pause(d, f)];
    for again in makers {
        let runs = Queue::unbounded();
        let timer = info_span!("again").in_scope(|| {
            let runs = runs.clone();
            let mut n = 0;
            again(
                brief,
                Box::new(move || {
                    n += 1;
                    if n <= 3 {
                        info!("run {n}");
                    }
                    // When all is read, no reader is left.
                    let _ = runs.put(n);
                    assert_ne!(n, 2, "not twice");
                }),
            )
        });
        while runs.get_timeout(LIMIT).unwrap() < 3 {}
        timer.cancel();
        assert!(timer.wait_timeout(LIMIT));
        let events = heard();
        assert_eq!(events.len(), 5, "{events:?}");
        let thread = "thread=\"threadkit-timer\"";
        assert_eq!(events[0], "[again] message=run 1");
        assert_eq!(events[1], "[again] message=run 2");
        assert_event(
            &events[2],
            &["[again]", thread, "not twice", "thread panicked"],
        );
        assert_event(
            &events[3],
            &["[again]", thread, "a thread failed and was not joined"],
        );
        assert_eq!(events[4], "[again] message=run 3");
    }
}

#[test]
fn what_has_ended_keeps_no_span() {
    let _turn = listen();
    let pool = ThreadPool::new(1);
    let task = info_span!("task").in_scope(|| pool.submit(|| ()));
    task.wait();
    assert!(is_closed("task"), "a task that has ended");

    let (busy, done) = occupy(&pool);
    let cancelled = info_span!("cancelled").in_scope(|| pool.submit(|| ()));
    assert!(!is_closed("cancelled"));
    assert!(cancelled.cancel());
    assert!(is_closed("cancelled"), "a task that was cancelled");
    done.set();
    busy.join().unwrap();

    let timer = info_span!("timer").in_scope(|| Timer::after(LIMIT, || ()));
    assert!(!is_closed("timer"));
    assert!(timer.cancel());
    assert!(is_closed("timer"), "a timer that was cancelled");
}

#[test]
fn a_subscriber_that_panics_does_not_harm_a_pool() {
    let _listener = listen();
    let (pool, runs) = (ThreadPool::new(2), Queue::unbounded());
    let submit = |number: usize| {
        let runs = runs.clone();
        pool.submit(move || runs.put(number).unwrap())
    };
    // The caller's subscriber is asked for the span before the task is accepted.
    let refused = tracing::subscriber::with_default(Panics, || {
        let refused = (0..4).filter(|number| {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| submit(*number))).is_err()
        });
        refused.count()
    });
    assert_eq!(refused, 4);
    // No place of a worker is lost.
    for number in 4..8 {
        submit(number).join().unwrap();
    }
    let ran: Vec<_> = std::iter::from_fn(|| runs.try_get().ok()).collect();
    assert_eq!(ran.len(), 4);
    assert!(ran.iter().all(|number| *number >= 4), "{ran:?}");
    // The drop of a pool waits until no start is under way.
    let ended = Arc::new(Signal::new());
    let ends = Arc::clone(&ended);
    let dropping = spawn(move || {
        drop(pool);
        ends.set();
    });
    assert!(ended.wait_timeout(LIMIT), "the pool has not ended");
    dropping.join().unwrap();
}

/// They would enter spans there, and a run that fails would leave it in one.
#[cfg(feature = "explore")]
#[test]
fn coroutines_do_not_run_on_a_thread_that_is_in_a_span() {
    use std::sync::atomic::{AtomicBool, Ordering};
    use threadkit::explore::Explorer;
    fn was_here() -> bool {
        let (here, is_here) = (
            std::thread::current().id(),
            Arc::new(AtomicBool::new(false)),
        );
        let seen = Arc::clone(&is_here);
        // SAFETY: the body uses no thread-local of its own, and the panic hook does not wait.
        let explorer = unsafe { Explorer::new().coroutines() }.runs(5);
        let failure = explorer.try_check(move || {
            seen.store(std::thread::current().id() == here, Ordering::Relaxed);
            let _left = info_span!("left").entered();
            spawn(|| threadkit::stop_token().wait()).wait();
        });
        assert!(failure.is_err());
        is_here.load(Ordering::Relaxed)
    }
    let _listener = listen();
    let span = info_span!("outer");
    let entered = span.enter();
    assert!(!was_here());
    assert_eq!(tracing::Span::current().id(), span.id());
    drop(entered);
}
