//! Pools, timers and threads beside the end of `main` or a stop of all. `exit.rs` runs one scenario in each process.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, mpsc};
use std::time::{Duration, Instant};

use endings::{EVER, LEAVING, end, say, start};
use threadkit::{
    Event, Latch, Queue, Supervisor, Thread, ThreadPool, Timer, exit_guard, spawn, stop_all,
    stop_token, threads,
};

mod endings;

/// Without the wait, `main` would have ended within this time.
const LATER: Duration = Duration::from_millis(100);

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// A pool that is made when `main` is leaving.
static LATE: LazyLock<ThreadPool> = LazyLock::new(|| ThreadPool::new(1));

fn after_main() {
    while !LEAVING.load(Ordering::Relaxed) {
        threadkit::sleep(Duration::from_millis(1));
    }
}

#[threadkit::main]
fn main() -> Result<(), String> {
    let scenario = std::env::args().nth(1).unwrap_or_default();
    match &*scenario {
        "late-pool" => late(|| {
            let task = LATE.submit(|| 42);
            say(&format!("task gave {}", task.join().unwrap()));
        }),
        "late-pool-scope" => late(|| {
            let words = ["to", "be"];
            let sum = LATE.scope(|s| s.submit(|| words.concat().len()).join().unwrap());
            say(&format!("scope gave {sum}"));
        }),
        "late-pool-map" => late(|| {
            let sum: u32 = LATE.map([1, 2, 3], |n| n + 1).sum();
            say(&format!("map gave {sum}"));
        }),
        "late-pool-dropped" => late(|| {
            let pool = ThreadPool::new(2);
            pool.submit(|| say("task"));
            drop(pool);
            say("dropped");
        }),
        "late-pool-of-a-daemon" => daemon(|| {
            LATE.submit(|| {
                threadkit::sleep(LATER);
                say("task");
            });
        }),
        "late-pool-of-a-hook" => {
            threadkit::set_excepthook(|_| {
                let task = LATE.submit(|| "hook");
                say(task.join().unwrap());
            });
            spawn(|| {
                after_main();
                resume_unwind(Box::new("nobody asks"));
            });
        }
        "guard-in-the-middle" => guard_in_the_middle(),
        "guard-beside-a-foreign-thread" => guard_beside_a_foreign_thread(),
        "guards-at-once" => guards_at_once(),
        "guards-in-two-threads" => {
            let both = Arc::new(std::sync::Barrier::new(2));
            for _ in 0..2 {
                let both = Arc::clone(&both);
                spawn(move || {
                    after_main();
                    both.wait();
                    drop(exit_guard());
                    say("guard");
                });
            }
        }
        "guard-while-main-unwinds" => {
            start("daemon");
            let _pending = Timer::after(EVER, || ());
            return end("panics");
        }
        "timer-while-all-stop" => {
            spawn(|| {
                stop_token().wait();
                Timer::after(Duration::from_millis(20), || say("timer")).wait();
                say("worker");
            });
            stop_all();
        }
        "timers-after-stop-all" => timers_after_stop_all(),
        "timer-thread-stopped" => timer_thread_stopped(),
        "timer-of-a-late-thread" => late(|| {
            threadkit::sleep(LATER);
            Timer::after(Duration::from_millis(20), || say("timer")).wait();
        }),
        "delayed-task-outlives-main" => {
            let pool = Arc::new(ThreadPool::new(1));
            let task = pool.submit_after(EVER, || say("never"));
            let follows = task.then(|()| say("never"));
            let (came, comes) = mpsc::channel();
            let waits = move || {
                came.send(()).unwrap();
                let error = follows.join().unwrap_err();
                say(&error.to_string());
                drop(pool);
            };
            drop(Thread::new(waits).daemon(true).start());
            comes.recv().unwrap();
        }
        "delayed-task-has-the-last-handle" => {
            let pool = Arc::new(ThreadPool::new(1));
            let (promise, task) = pool.promise::<()>();
            let follows = task.then(|()| say("never"));
            let own = Arc::clone(&pool);
            let task = pool.submit_after(EVER, move || drop(own));
            task.on_done(move |_| {
                say("cancelled");
                // Until now, it kept the pool from its end.
                drop(promise);
                assert!(follows.is_finished());
            });
        }
        "follower-outlives-main" => {
            let pool = Arc::new(ThreadPool::new(1));
            let (promise, task) = pool.promise::<()>();
            let own = Arc::clone(&pool);
            // It has the last handle, and nothing ends it.
            let follows = task.then(move |()| drop(own));
            follows.on_done(|_| say("never"));
            pool.submit(|| say("task")).join().unwrap();
            std::mem::forget((promise, follows));
        }
        "timer-outlives-main" => timer_outlives_main(EVER),
        "timer-never-due" => timer_outlives_main(Duration::MAX),
        "timer-never-due-after-a-guard" => {
            let timer = Timer::after(Duration::MAX, || say("never"));
            drop(exit_guard());
            assert!(timer.wait_timeout(LONG), "the guard has cancelled it");
            timer_outlives_main(Duration::MAX);
        }
        "timer-repeats" => {
            let ticks = Arc::new(Latch::new(3));
            let count = Arc::clone(&ticks);
            let timer = Timer::every(Duration::from_micros(100), move || count.count_down());
            ticks.wait();
            let waits = move || {
                timer.wait();
                say("wait ended");
            };
            drop(Thread::new(waits).daemon(true).start());
        }
        "timer-runs-while-main-ends" => {
            let begun = Arc::new(Event::new());
            let tell = Arc::clone(&begun);
            let timer = Timer::every(Duration::from_micros(100), move || {
                tell.set();
                after_main();
                threadkit::sleep(LATER);
            });
            begun.wait();
            let waits = move || {
                timer.wait();
                say("wait ended");
            };
            drop(Thread::new(waits).daemon(true).start());
        }
        "timer-holds-a-bomb" => {
            struct Bomb;
            impl Drop for Bomb {
                fn drop(&mut self) {
                    panic!("a capture that panics");
                }
            }
            let bomb = Bomb;
            Timer::after(EVER, move || drop(bomb));
            start("daemon");
        }
        "timer-makes-another-when-dropped" => {
            struct Again;
            impl Drop for Again {
                fn drop(&mut self) {
                    Timer::after(EVER, || ());
                }
            }
            let again = Again;
            Timer::after(EVER, move || drop(again));
            start("daemon");
        }
        "timer-drops-a-guard" => {
            start("daemon");
            Timer::after(Duration::ZERO, || drop(exit_guard())).wait();
            Timer::after(Duration::from_millis(1), || say("timer")).wait();
        }
        "stop-all-twice" => stop_all_twice(),
        "in-destructors" => in_destructors(),
        "while-unwinding" => while_unwinding(),
        other => panic!("no scenario `{other}`"),
    }
    end("returns")
}

/// Runs it in a thread that the end of `main` waits for, after `main` has left.
fn late(body: impl FnOnce() + Send + 'static) {
    spawn(move || {
        after_main();
        body();
    });
}

/// Runs it in a daemon, when that is stopped.
fn daemon(body: impl FnOnce() + Send + 'static) {
    let body = move || {
        stop_token().wait();
        body();
    };
    drop(Thread::new(body).daemon(true).start());
}

fn workers_of(pool: &str) -> usize {
    let all = threads();
    let of = all.iter().filter(|thread| thread.name().starts_with(pool));
    of.count()
}

fn guard_in_the_middle() {
    let pool = ThreadPool::builder(1).name("before").build();
    let dropped = Arc::new(());
    let held = Arc::clone(&dropped);
    let pending = Timer::after(EVER, move || drop(held));
    pool.submit(|| ()).join().unwrap();
    drop(exit_guard());

    assert!(
        pending.is_finished() && !pending.cancel(),
        "it is cancelled"
    );
    assert_eq!(Arc::strong_count(&dropped), 1);
    // Everything works as before.
    assert_eq!(pool.submit(|| 1).join().unwrap(), 1);
    let fresh = ThreadPool::builder(1).name("after").build();
    fresh.submit(|| ()).join().unwrap();
    // Time in which the worker must not end.
    threadkit::sleep(LATER);
    assert_eq!(workers_of("after"), 1, "an idle worker stays");
    let timer = Timer::after(Duration::from_millis(1), || say("timer"));
    assert!(timer.wait_timeout(LONG));
    assert!(!stop_token().is_stopped());
}

/// The end of `main` stops daemons, but no thread that threadkit has not started.
fn guard_beside_a_foreign_thread() {
    let (adopted, is_adopted) = mpsc::channel();
    let (over, is_over) = mpsc::channel::<()>();
    let foreign = std::thread::spawn(move || {
        let stop = stop_token();
        adopted.send(()).expect("main waits");
        let _ = is_over.recv_timeout(LONG);
        stop.is_stopped()
    });
    is_adopted.recv_timeout(LONG).expect("it is adopted");
    drop(exit_guard());
    over.send(()).expect("it waits");
    assert!(!foreign.join().unwrap(), "it was stopped");
}

/// Guards that are dropped at the same time, while pools and timers are made.
fn guards_at_once() {
    let over = Arc::new(AtomicBool::new(false));
    let guards: Vec<_> = (0..2)
        .map(|_| {
            let over = Arc::clone(&over);
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    drop(exit_guard());
                }
            })
        })
        .collect();
    for n in 0..200 {
        let pool = ThreadPool::new(1);
        assert_eq!(pool.submit(move || n).join().unwrap(), n);
        let timer = Timer::after(Duration::from_micros(50), || ());
        assert!(timer.wait_timeout(LONG), "cancelled, or it has run");
    }
    over.store(true, Ordering::Relaxed);
    for guard in guards {
        guard.join().unwrap();
    }
    let pool = ThreadPool::builder(1).name("last").build();
    pool.submit(|| ()).join().unwrap();
    // Time in which the worker must not end.
    threadkit::sleep(LATER);
    assert_eq!(workers_of("last"), 1, "no end is under way any more");
}

/// A daemon waits for a timer that is pending when `main` ends.
fn timer_outlives_main(delay: Duration) {
    let timer = Timer::after(delay, || say("never"));
    let (came, comes) = mpsc::channel();
    let waits = move || {
        came.send(()).unwrap();
        timer.wait();
        say("wait ended");
    };
    drop(Thread::new(waits).daemon(true).start());
    comes.recv().unwrap();
}

fn timers_after_stop_all() {
    let before = Timer::after(Duration::from_millis(50), || ());
    let ticks = Queue::unbounded();
    let tick = ticks.clone();
    let repeating = Timer::every(Duration::from_millis(1), move || tick.put(()).unwrap());
    stop_all();
    let after = Timer::after(Duration::from_millis(1), || ());
    assert!(before.wait_timeout(LONG), "it was pending");
    assert!(after.wait_timeout(LONG), "it was made later");
    for _ in 0..5 {
        assert!(ticks.get_timeout(LONG).is_ok());
    }
    assert!(repeating.cancel());
    repeating.wait();
    // Nothing is pending, so the thread leaves. The next timer has another.
    let deadline = Instant::now() + LONG;
    while workers_of("threadkit-timer") > 0 {
        assert!(Instant::now() < deadline, "the thread stays");
        std::thread::yield_now();
    }
    for _ in 0..3 {
        let heard = Arc::new(AtomicBool::new(false));
        let hear = Arc::clone(&heard);
        let timer = Timer::after(Duration::ZERO, move || {
            hear.store(stop_token().is_stopped(), Ordering::Relaxed);
        });
        assert!(timer.wait_timeout(LONG));
        assert!(heard.load(Ordering::Relaxed), "what it runs hears the stop");
    }
}

fn timer_thread_stopped() {
    Timer::after(Duration::ZERO, || ()).wait();
    for _ in 0..20 {
        let pending = Timer::after(Duration::from_millis(2), || ());
        for thread in threads() {
            if &*thread.name() == "threadkit-timer" {
                thread.stop();
            }
        }
        let later = Timer::after(Duration::from_millis(1), || ());
        assert!(pending.wait_timeout(LONG), "it was pending");
        assert!(later.wait_timeout(LONG), "it was made later");
    }
    assert!(!stop_token().is_stopped());
}

fn stop_all_twice() {
    let waits: Vec<_> = (0..3).map(|_| spawn(|| stop_token().wait())).collect();
    let pool = ThreadPool::new(1);
    let task = pool.submit(|| stop_token().wait());
    let supervisor = Supervisor::new(|_| || Err::<(), _>("no"))
        .pauses(EVER, EVER)
        .on_failure(|_| ())
        .start();
    stop_all();
    stop_all();
    threadkit::join_all(waits).unwrap();
    task.join().unwrap();
    assert!(supervisor.join().unwrap().unwrap_err().is_stopped());
    // A thread that is started afterwards is stopped from the beginning, and still runs.
    let heard = || (stop_token().is_stopped(), stop_token().wait());
    assert!(spawn(heard).join().unwrap().0);
    assert!(threadkit::scope(|s| s.spawn(heard).join().unwrap().0));
    assert!(std::thread::spawn(heard).join().unwrap().0, "adopted");
    assert!(pool.submit(heard).join().unwrap().0, "a task");
    let starts = AtomicU32::new(0);
    let supervisor = Supervisor::new(move |_| {
        starts.fetch_add(1, Ordering::Relaxed);
        || Err::<(), _>("no")
    });
    let error = supervisor.start().join().unwrap().unwrap_err();
    assert_eq!((error.starts(), error.is_stopped()), (1, true));
}

/// Uses everything about threads that can be used on any thread.
fn use_threads() {
    assert_eq!(spawn(|| 1).join().unwrap(), 1);
    let waits = spawn(|| stop_token().wait());
    assert!(!waits.wait_timeout(Duration::from_millis(1)));
    assert!(waits.stop());
    waits.wait();
    waits.join().unwrap();
    let error = spawn(|| resume_unwind(Box::new("failed"))).join();
    assert_eq!(error.unwrap_err().message(), "failed");

    let sum = threadkit::scope(|s| {
        let one = s.spawn(|| 1);
        s.spawn(move || one.join().unwrap() + 1).join().unwrap()
    });
    assert_eq!(sum, 2);
    let panics = threadkit::try_scope(|s| {
        s.spawn(|| resume_unwind(Box::new("one of a scope")));
        s.spawn(|| stop_token().wait());
    });
    assert_eq!(panics.unwrap_err().len(), 1);

    let timer = Timer::after(Duration::from_millis(1), || ());
    assert!(timer.wait_timeout(LONG));
    let later = Timer::after(EVER, || ());
    assert!(later.cancel());
    later.wait();

    let worker = Supervisor::new(|n| move || if n == 0 { Err("no") } else { Ok(n) })
        .pauses(Duration::ZERO, Duration::ZERO)
        .on_failure(|_| ())
        .start();
    assert_eq!(worker.join().unwrap().unwrap(), 1);

    // A failure that is not joined is reported, on the thread that drops the handle.
    let failed = spawn(|| resume_unwind(Box::new("unheard")));
    failed.wait();
    drop(failed);

    let me = threadkit::current();
    let seen = spawn(move || (me.name(), me.ident(), me.state()))
        .join()
        .unwrap();
    assert_eq!(seen.1, threadkit::current().ident());
    assert!(threads().contains(&threadkit::main_thread()));
    drop(exit_guard());
}

/// Uses timers and pools while it is dropped, and prints a line if all went well.
struct Uses(&'static str);

impl Drop for Uses {
    fn drop(&mut self) {
        match catch_unwind(AssertUnwindSafe(use_threads)) {
            Ok(()) => say(self.0),
            Err(_) => say("it has panicked"),
        }
    }
}

fn count_reports() -> Arc<AtomicU32> {
    let reports = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&reports);
    threadkit::set_excepthook(move |failure| {
        assert_eq!(failure.message(), "unheard");
        count.fetch_add(1, Ordering::Relaxed);
    });
    reports
}

fn in_destructors() {
    thread_local!(static USES: RefCell<Option<Uses>> = const { RefCell::new(None) });
    let reports = count_reports();
    spawn(|| USES.set(Some(Uses("ours")))).join().unwrap();
    let theirs = std::thread::spawn(|| {
        USES.set(Some(Uses("theirs")));
        let _ = threadkit::current();
    });
    theirs.join().unwrap();
    let unknown = std::thread::spawn(|| USES.set(Some(Uses("unknown"))));
    unknown.join().unwrap();
    let pool = ThreadPool::new(1);
    pool.submit(|| USES.set(Some(Uses("worker"))))
        .join()
        .unwrap();
    drop(pool);
    assert_eq!(reports.load(Ordering::Relaxed), 4);
}

fn while_unwinding() {
    let reports = count_reports();
    let unwinds = |name: &'static str| {
        move || {
            let _uses = Uses(name);
            resume_unwind(Box::new("first"));
        }
    };
    let first = |error: Result<(), threadkit::JoinError>| {
        assert_eq!(error.unwrap_err().message(), "first");
    };
    first(spawn(unwinds("thread")).join());
    threadkit::scope(|s| first(s.spawn(unwinds("scope")).join()));
    assert!(std::thread::spawn(unwinds("theirs")).join().is_err());
    let pool = ThreadPool::new(1);
    assert!(pool.submit(unwinds("task")).join().is_err());
    assert!(catch_unwind(unwinds("main")).is_err());
    assert_eq!(reports.load(Ordering::Relaxed), 5);
}
