//! Explorations whose threads are coroutines.

#[path = "support/process.rs"]
mod process;
mod support;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use process::{Ended, run};
use support::{Drops, LONG, bounded, nested, panic_of};
use threadkit::atomic::AtomicU32;
use threadkit::atomic::Ordering::Relaxed;
use threadkit::explore::{Explorer, Failure, Report};
use threadkit::{
    Condition, Event, Lock, LockGuard, Queue, RLock, Thread, ThreadLocal, ThreadPool, current,
    join_all, scope, spawn, stop_token,
};

fn coroutines() -> Explorer {
    with_coroutines(Explorer::new())
}

fn with_coroutines(explorer: Explorer) -> Explorer {
    // SAFETY: thread-locals of std have a `const` initializer here, or one that makes no step, and the panic hook does not
    // wait.
    unsafe { explorer.coroutines() }
}

fn holds(body: impl Fn() + Send + Sync + 'static) -> Report {
    holds_in(500, body)
}

fn holds_in(runs: u64, body: impl Fn() + Send + Sync + 'static) -> Report {
    bounded(move || coroutines().runs(runs).check(body))
}

fn fails(body: impl Fn() + Send + Sync + 'static) -> Failure {
    bounded(|| {
        coroutines()
            .runs(2_000)
            .try_check(body)
            .expect_err("it must be found out")
    })
}

/// Two threads that lose a hit.
fn lost_update() {
    let hits = Arc::new(AtomicU32::new(0));
    let other = Arc::clone(&hits);
    let adder = spawn(move || other.store(other.load(Relaxed) + 1, Relaxed));
    hits.store(hits.load(Relaxed) + 1, Relaxed);
    adder.join().unwrap();
    assert_eq!(hits.load(Relaxed), 2, "one of two hits is lost");
}

/// Two threads that take two locks in both orders.
fn embrace() {
    let locks = Arc::new((Lock::new(1), Lock::new(2)));
    let other = Arc::clone(&locks);
    let thread = spawn(move || {
        let _second = other.1.acquire();
        drop(other.0.acquire());
    });
    let _first = locks.0.acquire();
    drop(locks.1.acquire());
    drop(_first);
    thread.join().unwrap();
}

/// A wait that is too short, now and then.
fn impatience() {
    let done = Arc::new(Event::new());
    let other = Arc::clone(&done);
    let setter = spawn(move || {
        threadkit::sleep(Duration::from_millis(5));
        other.set();
    });
    let is_in_time = done.wait_timeout(Duration::from_millis(10));
    setter.join().unwrap();
    assert!(is_in_time, "too late");
}

/// A notification that comes before the wait.
fn lost_notification() {
    let shared = Arc::new((Lock::new(()), Condition::new()));
    let other = Arc::clone(&shared);
    let waiter = spawn(move || {
        let mut guard = other.0.acquire();
        other.1.wait(&mut guard);
    });
    shared.1.notify_one();
    waiter.join().unwrap();
}

/// A panic in one of the threads, which others see by the end of a queue.
fn panic_in_a_pool() {
    let pool = ThreadPool::new(2);
    let queue = Arc::new(Queue::bounded(1));
    let other = Arc::clone(&queue);
    let first = pool.submit(move || other.put(1).unwrap());
    let second = pool.submit(|| ());
    second.join().unwrap();
    assert!(queue.try_get().is_ok(), "the first is not as far");
    first.join().unwrap();
}

/// It waits for a thread while it unwinds.
fn unwinds_and_waits() {
    let turn = Arc::new(AtomicU32::new(0));
    let other = Arc::clone(&turn);
    let result = spawn(move || {
        let third = Arc::clone(&other);
        let helper = spawn(move || third.fetch_add(1, Relaxed));
        let _wait = OnDrop(move || helper.wait());
        other.fetch_add(1, Relaxed);
        panic!("on purpose");
    });
    let seen = turn.load(Relaxed);
    assert!(result.join().is_err());
    assert_ne!(seen, 1, "in the middle");
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

const FAULTS: &[fn()] = &[lost_update, embrace, impatience, lost_notification];

/// Those in which a thread unwinds and goes on.
const UNWINDING: &[fn()] = &[panic_in_a_pool, unwinds_and_waits];

/// What differs from run to run.
fn without_numbers(text: &str) -> String {
    text.replace(|c: char| c.is_ascii_digit(), "")
}

#[test]
fn the_schedules_are_those_of_threads() {
    bounded(|| {
        for body in FAULTS {
            for explorer in [Explorer::new, || Explorer::new().exhaustive().runs(5_000)] {
                let find = |explorer: Explorer| explorer.try_check(*body).unwrap_err();
                let threads = find(explorer());
                let coroutines = find(with_coroutines(explorer()));
                assert_eq!(threads.schedule(), coroutines.schedule());
                assert_eq!(threads.run(), coroutines.run());
                let text = without_numbers(threads.what());
                assert_eq!(text, without_numbers(coroutines.what()));
            }
        }
    });
}

#[test]
fn a_failure_is_shown_as_that_of_threads() {
    bounded(|| {
        for body in FAULTS {
            let shown = |explorer: Explorer| {
                let failure = explorer.shrink().try_check(*body).unwrap_err();
                without_numbers(&failure.to_string())
            };
            assert_eq!(shown(Explorer::new()), shown(coroutines()));
        }
    });
}

#[test]
fn each_replays_what_the_other_has_found() {
    bounded(|| {
        for body in FAULTS.iter().chain(UNWINDING) {
            let kinds: [fn() -> Explorer; 2] = [Explorer::new, coroutines];
            for (finds, replays) in [(kinds[0], kinds[1]), (kinds[1], kinds[0])] {
                let failure = finds().seed(7).runs(5_000).try_check(*body).unwrap_err();
                let schedule = failure.schedule().unwrap().to_owned();
                let again = panic_of(move || replays().replay(&schedule, *body));
                let what = without_numbers(failure.what());
                assert!(without_numbers(&again).contains(&what), "{what}\n{again}");
            }
        }
    });
}

#[test]
fn each_thread_has_its_own_of_what_threadkit_keeps() {
    static LEVELS: RLock<u32> = RLock::new(0);
    let report = holds(|| {
        let values = Arc::new(ThreadLocal::new(|| Cell::new(0)));
        let main = thread::current().id();
        let threads: Vec<_> = (1..=3)
            .map(|n| {
                let values = Arc::clone(&values);
                Thread::new(move || {
                    values.with(|value| assert_eq!(value.replace(n), 0));
                    let level = LEVELS.acquire();
                    threadkit::yield_now();
                    let inner = LEVELS.acquire();
                    assert_eq!(LEVELS.depth(), 2);
                    drop((level, inner));
                    threadkit::yield_now();
                    values.with(|value| assert_eq!(value.get(), n));
                    assert_eq!(&*current().name(), format!("number {n}"));
                    assert_eq!(
                        thread::current().id(),
                        main,
                        "it is one thread of the system"
                    );
                    assert!(!stop_token().is_stopped());
                    current().ident()
                })
                .name(format!("number {n}"))
                .start()
            })
            .collect();
        let idents: BTreeSet<_> = (threads.into_iter())
            .map(|thread| thread.join().unwrap())
            .chain([current().ident()])
            .collect();
        assert_eq!(idents.len(), 4);
        values.with(|value| assert_eq!(value.get(), 0));
    });
    assert_eq!(report.runs(), 500);
    assert!(report.foreign_uses().is_empty(), "{report:?}");
}

#[test]
fn values_of_a_thread_are_dropped_when_it_ends() {
    let drops = Drops::new();
    let seen = drops.clone();
    holds(move || {
        let before = seen.count();
        let drops = seen.clone();
        let values = Arc::new(ThreadLocal::new(move || drops.value()));
        let other = Arc::clone(&values);
        spawn(move || other.with(|_| ())).join().unwrap();
        assert_eq!(seen.count(), before + 1);
        drop(values);
    });
    assert_eq!(drops.count(), 500);
}

#[test]
fn a_scope_waits_for_its_threads_however_it_ends() {
    holds_in(60, || {
        let mut total = vec![1, 2, 3];
        let sum = AtomicU32::new(0);
        let result = panic::catch_unwind(AssertUnwindSafe(|| {
            scope(|s| {
                for n in &mut total {
                    let sum = &sum;
                    s.spawn(move || {
                        threadkit::yield_now();
                        *n += 1;
                        sum.fetch_add(*n, Relaxed);
                    });
                }
                panic!("on purpose");
            });
        }));
        assert!(result.is_err());
        assert_eq!((total, sum.into_inner()), (vec![2, 3, 4], 9));
    });
}

#[test]
fn guards_of_threads_that_panic_are_released() {
    holds_in(60, || {
        let lock = Arc::new(Lock::new(0));
        let threads: Vec<_> = (0..3)
            .map(|n| {
                let lock = Arc::clone(&lock);
                spawn(move || {
                    let mut guard: LockGuard<'_, u32> = lock.acquire();
                    *guard += 1;
                    threadkit::yield_now();
                    assert_ne!(n, 1, "on purpose");
                })
            })
            .collect();
        let failed = threads.into_iter().filter_map(|thread| thread.join().err());
        assert_eq!(failed.count(), 1);
        assert_eq!(*lock.acquire(), 3);
    });
}

#[test]
fn a_thread_that_unwinds_is_not_preempted() {
    // A lock of std is poisoned if it is released by a thread that unwinds and has not when it acquired it.
    let preempted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&preempted);
    let body = move || {
        let word = Arc::new(AtomicU32::new(0));
        let other = Arc::clone(&word);
        let unwinds = spawn(move || {
            let _steps = OnDrop(|| {
                other.store(1, Relaxed);
                other.store(2, Relaxed);
            });
            panic!("on purpose");
        });
        let lock = Mutex::new(());
        for _ in 0..3 {
            let guard = lock.lock();
            let value = word.load(Relaxed);
            drop(guard);
            if value == 1 {
                count.fetch_add(1, Relaxed);
            }
            assert!(!thread::panicking());
        }
        assert!(!lock.is_poisoned());
        assert!(unwinds.join().is_err());
    };
    let body = Arc::new(body);
    let other = Arc::clone(&body);
    holds_in(100, move || body());
    assert_eq!(preempted.load(Relaxed), 0);
    // Threads of the system are preempted there. If the environment asks for coroutines, there are none.
    if std::env::var_os("THREADKIT_EXPLORE").is_none() {
        bounded(|| Explorer::new().runs(100).check(move || other()));
        assert!(preempted.load(Relaxed) > 0);
    }
}

#[test]
fn a_thread_that_waits_while_it_unwinds_lets_the_others_run() {
    holds_in(60, || {
        let lock = Arc::new(Lock::new(0));
        let others: Vec<_> = (0..2)
            .map(|n| {
                let lock = Arc::clone(&lock);
                spawn(move || {
                    let mut guard = lock.acquire();
                    threadkit::yield_now();
                    *guard += 1;
                    drop(guard);
                    assert_ne!(n, 0, "as well");
                })
            })
            .collect();
        let unwinds = {
            let lock = Arc::clone(&lock);
            spawn(move || {
                let _waits = OnDrop(|| *lock.acquire() += 10);
                panic!("on purpose");
            })
        };
        assert!(unwinds.join().is_err());
        let failed = others.into_iter().filter_map(|thread| thread.join().err());
        assert_eq!(failed.count(), 1);
        assert_eq!(*lock.acquire(), 12);
        assert!(!thread::panicking());
    });
}

/// Waits for a lock of std that another thread of the body holds.
fn waits_for_a_lock_of_std() {
    let lock = Arc::new(Mutex::new(0));
    let other = Arc::clone(&lock);
    let thread = spawn(move || {
        let _held = other.lock().unwrap();
        threadkit::yield_now();
    });
    threadkit::yield_now();
    *lock.lock().unwrap() += 1;
    thread.join().unwrap();
}

/// Run by the test below, in a process of its own.
#[test]
#[ignore = "it ends the process"]
fn stuck() {
    coroutines().check(waits_for_a_lock_of_std);
}

/// Run by a test below, in a process of its own: an earlier exploration was watched, and that watch has ended.
#[test]
#[ignore = "it ends the process"]
fn stuck_later() {
    coroutines().check(lets_a_thread_end);
    let is_watched = || {
        let threads = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        threads
            .flat_map(|thread| std::fs::read_to_string(thread.path().join("comm")))
            .any(|name| name.starts_with("threadkit-watch"))
    };
    // The thread that watches takes its name when it starts, which may be after the end of the exploration.
    for watched in [true, false] {
        let start = Instant::now();
        while is_watched() != watched {
            assert!(start.elapsed() < LONG, "watched: {}", is_watched());
            thread::sleep(Duration::from_millis(1));
        }
    }
    coroutines().check(waits_for_a_lock_of_std);
}

/// Run by the same test as `stuck`: others go on beside it.
#[test]
#[ignore = "it goes on until the process ends"]
fn goes_on() {
    loop {
        coroutines().check(lets_a_thread_end);
    }
}

fn lets_a_thread_end() {
    spawn(|| ()).join().unwrap();
}

/// Runs ignored tests in a process of their own.
fn ignored(names: &str) -> Ended {
    let exe = std::env::current_exe().unwrap();
    let words = format!("--exact {names} --ignored --test-threads=2");
    run(exe.to_str().unwrap(), &words, LONG)
}

#[test]
#[cfg(unix)]
fn a_lock_of_std_that_another_thread_holds_ends_the_process() {
    use std::os::unix::process::ExitStatusExt;
    let ended = ignored("stuck goes_on");
    let status = ended.status.expect("it ends by itself");
    assert_eq!(status.signal(), Some(libc::SIGABRT), "{ended:?}");
    for part in [
        "thread 'stuck' is stuck in an exploration by coroutines",
        "in a lock of another library or of `std`",
        "repeat it with: threadkit::explore::replay(\"tk1.",
        "starts 1",
        "such as `threadkit::Lock`",
        "explore without coroutines",
    ] {
        assert!(ended.err.contains(part), "{part}\n{}", ended.err);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_exploration_long_after_another_is_watched_as_well() {
    use std::os::unix::process::ExitStatusExt;
    let ended = ignored("stuck_later");
    let status = ended.status.expect("it ends by itself");
    assert_eq!(status.signal(), Some(libc::SIGABRT), "{ended:?}");
    assert!(
        ended.err.contains("thread 'stuck_later' is stuck"),
        "{ended:?}"
    );
}

#[test]
fn the_same_on_another_thread_fails_and_is_reported_soon() {
    bounded(|| {
        leave_coroutines();
        let start = Instant::now();
        let failure = (coroutines().runs(2_000).try_check(waits_for_a_lock_of_std)).unwrap_err();
        let what = failure.what();
        assert!(
            what.contains("in a lock of another library or of `std`"),
            "{what}"
        );
        if cfg!(target_os = "linux") {
            let took = start.elapsed();
            assert!(took < Duration::from_secs(8), "{took:?}");
        }
    });
}

/// Leaves coroutines on this thread, by an exploration that fails.
fn leave_coroutines() {
    let failure = coroutines()
        .try_check(|| spawn(|| stop_token().wait()).wait())
        .unwrap_err();
    assert!(failure.what().contains("deadlock"), "{failure}");
}

/// Whether an exploration by coroutines runs on the thread that begins it.
fn runs_here() -> bool {
    let here = thread::current().id();
    let is_here = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&is_here);
    let report = coroutines().runs(5).check(move || {
        let is_it = move || usize::from(thread::current().id() == here);
        count.fetch_add(is_it() + spawn(is_it).join().unwrap(), Relaxed);
    });
    assert_eq!(report.runs(), 5);
    match is_here.load(Relaxed) {
        0 => false,
        10 => true,
        other => panic!("{other} of 10 threads run here"),
    }
}

#[test]
fn coroutines_run_on_the_thread_that_explores_until_some_are_left_there() {
    bounded(|| {
        assert!(runs_here() && runs_here());
        // A failure that leaves none is none.
        let failure = coroutines().try_check(|| panic!("on purpose")).unwrap_err();
        assert!(failure.what().contains("on purpose"), "{failure}");
        assert!(runs_here());
        leave_coroutines();
        assert!(!runs_here() && !runs_here());
        assert!(thread::spawn(runs_here).join().unwrap());
    });
}

#[test]
fn a_thread_that_unwinds_explores_on_another() {
    bounded(|| {
        let seen = Cell::new(None);
        let result = panic::catch_unwind(AssertUnwindSafe(|| {
            let _explores = OnDrop(|| seen.set(Some(runs_here())));
            panic!("on purpose");
        }));
        assert!(result.is_err());
        assert_eq!(seen.get(), Some(false));
        assert!(runs_here());
    });
}

#[test]
fn an_exploration_begun_by_a_reset_runs_on_another_thread() {
    bounded(|| {
        let resets = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&resets);
        let reset = move || {
            assert!(!runs_here());
            other.fetch_add(1, Relaxed);
        };
        coroutines()
            .runs(3)
            .reset(reset.clone())
            .check(lets_a_thread_end);
        assert_eq!(resets.load(Relaxed), 3);
        assert!(runs_here());
        // So it does on a thread of its own.
        leave_coroutines();
        let reset = move || {
            reset();
            leave_coroutines();
            let failure = coroutines().try_check(unwind_and_wait_for_ever);
            assert!(failure.is_err());
        };
        coroutines().runs(3).reset(reset).check(|| {
            lets_a_thread_end();
            assert!(!thread::panicking());
        });
        assert_eq!(resets.load(Relaxed), 6);
    });
}

#[test]
fn a_reset_that_panics_leaves_the_thread_as_it_was() {
    bounded(|| {
        let resets = AtomicUsize::new(0);
        let reset = move || assert_eq!(resets.fetch_add(1, Relaxed), 0, "on purpose");
        let explorer = coroutines().runs(3).reset(reset);
        let text = panic_of(move || drop(explorer.check(lets_a_thread_end)));
        assert!(text.contains("on purpose"), "{text}");
        assert!(!thread::panicking());
        assert!(runs_here());
    });
}

/// The three ends of an exploration.
fn explore_in_every_way() {
    coroutines().runs(5).check(lets_a_thread_end);
    let panics = || assert_eq!(spawn(|| 1).join().unwrap(), 2, "on purpose");
    let text = panic_of(move || drop(coroutines().runs(5).check(panics)));
    assert!(text.contains("on purpose"), "{text}");
    leave_coroutines();
    coroutines().runs(5).check(lets_a_thread_end);
}

#[test]
fn what_threadkit_keeps_for_the_thread_that_explores_stays_as_it_is() {
    static LEVELS: RLock<u32> = RLock::new(0);
    let values = Arc::new(ThreadLocal::new(|| Cell::new(0)));
    let body = move || {
        let me = current();
        values.with(|value| value.set(7));
        let word = AtomicU32::new(1);
        let level = LEVELS.acquire();
        let lock = Lock::new(1);
        let held = lock.acquire();
        explore_in_every_way();
        assert_eq!(
            (current().ident(), &*current().name()),
            (me.ident(), "mine")
        );
        values.with(|value| assert_eq!(value.get(), 7));
        assert_eq!(LEVELS.depth(), 1);
        drop((held, level));
        // They are steps of no exploration.
        assert_eq!(word.fetch_add(1, Relaxed), 1);
        drop(lock.acquire());
        assert!(!stop_token().is_stopped());
        lets_a_thread_end();
        assert!(!thread::panicking());
        values.with(|value| value.take())
    };
    let body = Arc::new(body);
    bounded(move || {
        for _ in 0..2 {
            let body = Arc::clone(&body);
            let thread = Thread::new(move || body()).name("mine").start();
            assert_eq!(thread.join().unwrap(), 7);
        }
        // Within a task, and within one that interrupts another.
        let pool = ThreadPool::new(1);
        pool.submit(explore_in_every_way).join().unwrap();
        nested(explore_in_every_way);
        lets_a_thread_end();
    });
}

#[test]
fn a_lock_of_the_thread_that_explores_is_held_by_no_thread_of_the_body() {
    bounded(|| {
        let lock = Arc::new(Lock::named("outer", 0));
        let other = Arc::clone(&lock);
        let held = lock.acquire();
        let failure = (coroutines().runs(5))
            .try_check(move || drop(other.acquire()))
            .unwrap_err();
        let what = failure.what();
        assert!(
            what.contains("deadlock") && what.contains("acquire `outer`"),
            "{what}"
        );
        drop(held);
        assert_eq!(*lock.acquire(), 0);
    });
}

/// Two threads for ever wait while they unwind.
fn unwind_and_wait_for_ever() {
    let lock = Arc::new(Lock::new(0));
    let other = Arc::clone(&lock);
    let queue = Arc::new(Queue::<u32>::unbounded());
    let _held = lock.acquire();
    let first = spawn(move || {
        let _waits = OnDrop(|| drop(other.acquire()));
        panic!("on purpose");
    });
    let second = spawn(move || {
        let _waits = OnDrop(|| _ = queue.get());
        panic!("as well");
    });
    assert!(first.join().is_err() && second.join().is_err());
}

#[test]
fn a_thread_that_waits_for_ever_while_it_unwinds_is_a_failure_like_others() {
    bounded(|| {
        let failure = coroutines()
            .try_check(unwind_and_wait_for_ever)
            .unwrap_err();
        let what = failure.what();
        assert!(
            what.contains("panicked: ") && what.contains("deadlock"),
            "{what}"
        );
        // As the docs say: the thread of the system had these panics, and none of them has ended.
        assert!(thread::panicking());
        // It can panic nevertheless, and catch it, and explore.
        assert_eq!(panic_of(|| panic!("another")), "another");
        assert!(!runs_here());
        let text = panic_of(|| drop(coroutines().check(lost_update)));
        assert!(text.contains("one of two hits is lost"), "{text}");
        let text = panic_of(|| drop(coroutines().check(unwind_and_wait_for_ever)));
        assert!(text.contains("deadlock"), "{text}");
        // What stops when its thread unwinds is stopped.
        let pool = ThreadPool::new(1);
        pool.submit(|| ()).join().unwrap();
        drop(pool);
    });
}

/// Run by the test below, in a process of its own.
#[test]
#[ignore = "it fails"]
fn unwinds_for_ever() {
    coroutines().check(unwind_and_wait_for_ever);
}

/// The same.
#[test]
#[ignore = "it is run beside the one above"]
fn succeeds() {
    coroutines().check(lets_a_thread_end);
}

#[test]
fn a_test_whose_threads_unwind_for_ever_fails_and_others_go_on() {
    let ended = ignored("unwinds_for_ever succeeds");
    assert_eq!(ended.code(), Some(101), "{ended:?}");
    assert!(ended.out.contains("1 passed; 1 failed"), "{ended:?}");
    assert!(
        ended.out.contains("deadlock: no thread can go on"),
        "{ended:?}"
    );
}

#[test]
fn a_failed_run_drops_nothing_and_the_next_exploration_is_well() {
    let drops = Drops::new();
    let other = drops.clone();
    let failure = fails(move || {
        let value = other.value();
        let thread = spawn(|| stop_token().wait());
        thread.wait();
        drop(value);
    });
    assert!(failure.what().contains("deadlock"), "{failure}");
    assert_eq!(drops.count(), 0);
    holds(|| spawn(|| ()).join().unwrap());
    let failure = fails(|| {
        let _left = spawn(|| stop_token().wait());
    });
    assert!(failure.what().contains("left threads behind"), "{failure}");
}

#[test]
fn a_thread_local_of_std_is_shared_by_all_threads() {
    thread_local! {
        static COUNT: Cell<u32> = const { Cell::new(0) };
    }
    bounded(|| {
        coroutines().runs(10).check(|| {
            COUNT.set(0);
            spawn(|| COUNT.set(COUNT.get() + 1)).join().unwrap();
            assert_eq!(COUNT.get(), 1);
        });
        assert_eq!(COUNT.get(), 1, "the caller is the same thread");
    });
}

#[test]
fn a_failed_exploration_leaves_no_thread_local_in_use() {
    thread_local! {
        static USED: RefCell<u32> = const { RefCell::new(0) };
    }
    bounded(|| {
        let hangs = || {
            let thread = spawn(|| USED.with_borrow_mut(|_| stop_token().wait()));
            thread.join().unwrap();
        };
        let failure = coroutines().try_check(hangs).unwrap_err();
        assert!(failure.what().contains("deadlock"), "{failure}");
        coroutines()
            .runs(10)
            .check(|| USED.with_borrow_mut(|n| *n += 1));
    });
}

#[test]
fn a_large_stack_can_be_asked_for() {
    #[inline(never)]
    fn deep(bytes: usize) -> usize {
        let part = std::hint::black_box([1_u8; 1024]);
        match bytes > part.len() {
            true => deep(bytes - part.len()) + usize::from(part[7]),
            false => 0,
        }
    }
    const MIB: usize = 1024 * 1024;
    bounded(|| {
        coroutines().runs(20).check(|| {
            assert!(spawn(|| deep(MIB / 2)).join().unwrap() > 0);
            let thread = Thread::new(|| deep(8 * MIB)).stack_size(32 * MIB).start();
            assert!(thread.join().unwrap() > 0);
            let refused = Thread::new(|| ()).stack_size(usize::MAX).try_start();
            assert!(refused.is_err());
            // As a thread of std, it has at least what the system needs.
            Thread::new(|| ()).stack_size(1).start().join().unwrap();
        });
    });
}

#[test]
fn many_threads_are_no_more_than_their_stacks() {
    bounded(|| {
        coroutines().runs(5).check(|| {
            let threads: Vec<_> = (0..200).map(|n| spawn(move || n)).collect();
            let sum: usize = join_all(threads).unwrap().into_iter().sum();
            assert_eq!(sum, 199 * 200 / 2);
        });
    });
}

/// Run by the test below, in a process of its own.
#[test]
#[ignore = "it overflows the stack"]
fn overflow() {
    #[inline(never)]
    fn endless(n: usize) -> usize {
        let part = std::hint::black_box([n; 512]);
        if n == usize::MAX {
            return 0;
        }
        endless(n + 1) + part[7]
    }
    coroutines().check(|| _ = spawn(|| endless(0)).join());
}

#[test]
#[cfg(unix)]
fn a_stack_that_overflows_ends_the_process() {
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "overflow", "--ignored"])
        .output()
        .unwrap();
    let signal = output.status.signal();
    let ended = [Some(libc::SIGSEGV), Some(libc::SIGBUS), Some(libc::SIGABRT)];
    assert!(ended.contains(&signal), "{output:?}");
}
