//! Failures of threads that are not joined. The hook belongs to the whole process, so all its tests are in one binary
//! and take turns.

use std::fmt;
use std::panic;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use threadkit::{Lock, Run, Thread, default_excepthook, set_excepthook, spawn};

/// Held by a test for as long as the hook is its own.
static TURN: Lock = Lock::new(());

/// What the hook received, in a form that can be sent.
struct Told {
    text: String,
    message: String,
    thread: String,
    by: u64,
    line: Option<u32>,
    backtrace: Option<String>,
    is_panic: bool,
    has_payload: bool,
}

fn listen() -> Receiver<Told> {
    let (tell, told) = mpsc::channel();
    set_excepthook(move |failure| {
        let told = Told {
            text: failure.to_string(),
            message: failure.message().to_owned(),
            thread: failure.thread().name().to_string(),
            by: threadkit::current().ident(),
            line: failure.place().map(|place| place.line()),
            backtrace: failure.backtrace().map(ToString::to_string),
            is_panic: failure.is_panic(),
            has_payload: failure.payload().is_some(),
        };
        // Failures that arrive after a test have no receiver.
        let _ = tell.send(told);
    });
    told
}

/// No more failures are on the way: a thread that began later has ended, and a failure would have been reported before
/// that.
fn assert_silence(told: &Receiver<Told>) {
    assert!(told.try_recv().is_err());
}

fn next(told: &Receiver<Told>) -> Told {
    told.recv_timeout(Duration::from_secs(20))
        .expect("the hook is called")
}

#[test]
fn a_panic_of_a_detached_thread_arrives_with_all_there_is() {
    let _turn = TURN.acquire();
    let told = listen();
    let (go, gone) = mpsc::channel::<()>();
    let line = line!() + 4;
    let worker = Thread::new(move || {
        // The panic happens after the handle is dropped.
        let _ = gone.recv();
        panic!("out of {}", "cheese");
    });
    let worker = worker.name("worker").start();
    let (ident, thread) = (worker.ident(), worker.thread().clone());
    drop(worker);
    drop(go);
    let failure = next(&told);
    assert_eq!(failure.message, "out of cheese");
    assert_eq!(failure.thread, "worker");
    assert_eq!(failure.line, Some(line));
    assert_eq!(failure.by, ident, "the thread itself tells");
    assert!(failure.is_panic && failure.has_payload);
    assert!(failure.text.starts_with("thread `worker` panicked at "));
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while thread.is_alive() {
        assert!(std::time::Instant::now() < deadline, "it does not end");
        std::thread::yield_now();
    }
    assert_silence(&told);
}

#[test]
fn a_panic_that_waits_for_a_join_arrives_when_the_handle_goes() {
    let _turn = TURN.acquire();
    let told = listen();
    let worker = spawn(|| panic!("unheard"));
    worker.wait();
    assert_silence(&told);
    drop(worker);
    let failure = told.try_recv().expect("the drop tells");
    assert_eq!(failure.message, "unheard");
    assert_eq!(failure.by, threadkit::current().ident());
    assert_silence(&told);
}

#[test]
fn a_joined_panic_is_the_joiners() {
    let _turn = TURN.acquire();
    let told = listen();
    let error = spawn(|| panic!("heard")).join().unwrap_err();
    assert_eq!(error.message(), "heard");
    drop(error);
    assert_silence(&told);
}

#[test]
fn backtraces_come_when_the_environment_asks_for_them() {
    let _turn = TURN.acquire();
    let told = listen();
    let asked = std::env::var_os("RUST_LIB_BACKTRACE")
        .or_else(|| std::env::var_os("RUST_BACKTRACE"))
        .is_some_and(|value| value != "0");
    #[inline(never)]
    fn somewhere_in_particular() {
        panic!("traced");
    }
    drop(spawn(somewhere_in_particular));
    let failure = next(&told);
    assert_eq!(failure.backtrace.is_some(), asked);
    if let Some(trace) = failure.backtrace {
        assert!(trace.contains("somewhere_in_particular"), "{trace}");
    }
    let error = spawn(somewhere_in_particular).join().unwrap_err();
    assert_eq!(error.backtrace().is_some(), asked);
}

#[test]
fn a_hook_that_panics_is_survived() {
    let _turn = TURN.acquire();
    let (tell, told) = mpsc::channel();
    set_excepthook(move |_| {
        let _ = tell.send(());
        panic!("the hook itself");
    });
    let worker = spawn(|| panic!("first"));
    worker.wait();
    drop(worker);
    told.try_recv().expect("called");

    // The same if the thread that drops the handle is unwinding: a second panic must not get out.
    let worker = spawn(|| panic!("second"));
    worker.wait();
    let outcome = panic::catch_unwind(panic::AssertUnwindSafe(move || {
        let _worker = worker;
        panic!("third");
    }));
    assert_eq!(
        outcome.unwrap_err().downcast_ref::<&str>(),
        Some(&"third"),
        "the panic under way is not replaced"
    );
    told.try_recv().expect("called again");

    // The same on a thread without a handle.
    let thread = spawn(|| drop(spawn(|| panic!("fourth"))));
    thread.join().unwrap();
    told.recv_timeout(Duration::from_secs(20)).expect("called");
    set_excepthook(default_excepthook);
}

#[test]
fn a_hook_may_set_another_and_start_threads() {
    let _turn = TURN.acquire();
    let (tell, told) = mpsc::channel();
    set_excepthook(move |_| {
        set_excepthook(default_excepthook);
        let _ = tell.send(spawn(|| 7).join().unwrap());
    });
    drop(spawn(|| panic!("once")));
    assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(7));
}

#[test]
fn a_payload_that_panics_when_dropped_is_survived() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("boom");
        }
    }
    let _turn = TURN.acquire();
    let told = listen();
    drop(spawn(|| panic::panic_any(Bomb)));
    assert_eq!(next(&told).message, "a payload that is no string");
    // A thread drops its own value if it is not joined. A panic in that drop is a failure of the thread too.
    let (go, gone) = mpsc::channel::<()>();
    let worker = spawn(move || {
        let _ = gone.recv();
        Bomb
    });
    drop(worker);
    drop(go);
    assert_eq!(next(&told).message, "boom");
}

#[test]
fn an_err_that_is_not_joined_arrives_if_the_thread_reports_errors() {
    let _turn = TURN.acquire();
    let told = listen();
    let parse = |text: &'static str| move || text.parse::<u32>();

    drop(
        Thread::new(parse("x"))
            .name("parser")
            .report_errors()
            .start(),
    );
    let failure = next(&told);
    assert_eq!(
        failure.text,
        "thread `parser` returned an error: invalid digit found in string"
    );
    assert!(!failure.is_panic && !failure.has_payload);

    let worker = Thread::new(parse("y")).report_errors().start();
    worker.wait();
    drop(worker);
    assert!(!told.try_recv().expect("the drop tells").is_panic);

    let joined = Thread::new(parse("z")).report_errors().start();
    assert!(joined.join().unwrap().is_err());
    let well = Thread::new(parse("1")).report_errors().start();
    well.wait();
    drop(well);
    let silent = spawn(parse("z"));
    silent.wait();
    drop(silent);
    assert_silence(&told);
}

#[test]
fn an_error_that_panics_in_words_is_a_failure_too() {
    struct Speechless;
    impl fmt::Display for Speechless {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("no words")
        }
    }
    let _turn = TURN.acquire();
    let told = listen();
    drop(
        Thread::new(|| Err::<(), _>(Speechless))
            .report_errors()
            .start(),
    );
    let failure = next(&told);
    assert!(failure.is_panic);
    assert_eq!(failure.message, "no words");
}

#[test]
fn boxed_bodies_are_thread_bodies() {
    let _turn = TURN.acquire();
    let told = listen();
    let body: Box<dyn Run<Output = u8> + Send> = Box::new(|| panic!("boxed"));
    drop(Thread::new(body).start());
    assert_eq!(next(&told).message, "boxed");
}

/// Always returns an error.
#[threadkit::thread(name = "function-{n}")]
fn failing(n: u32) -> Result<(), String> {
    Err(String::from("no luck"))
}

struct Failing;

#[threadkit::thread(name = "struct")]
impl Failing {
    fn run(&self) -> Result<u32, fmt::Error> {
        Err(fmt::Error)
    }
}

struct Shared;

#[threadkit::thread(name = "shared", shared)]
impl Shared {
    fn run(&self) -> Result<u32, fmt::Error> {
        Err(fmt::Error)
    }
}

#[test]
fn the_attributes_know_an_error_by_its_type() {
    let _turn = TURN.acquire();
    let told = listen();
    drop(failing(3));
    assert_eq!(
        next(&told).text,
        "thread `function-3` returned an error: no luck"
    );
    drop(Failing.start());
    assert!(
        next(&told)
            .text
            .starts_with("thread `struct` returned an error: ")
    );
    drop(Shared.start());
    assert!(
        next(&told)
            .text
            .starts_with("thread `shared` returned an error: ")
    );

    // Only the join gets the failure, and not the hook.
    assert_eq!(failing(4).join().unwrap(), Err("no luck".to_owned()));
    assert_silence(&told);
    set_excepthook(default_excepthook);
}
