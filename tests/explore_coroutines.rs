//! Explorations whose threads are coroutines.

mod support;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use support::{Drops, bounded, panic_of};
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

#[test]
fn a_lock_of_std_that_another_thread_holds_is_reported_soon() {
    let start = Instant::now();
    let failure = fails(|| {
        let lock = Arc::new(Mutex::new(0));
        let other = Arc::clone(&lock);
        let thread = spawn(move || {
            let _held = other.lock().unwrap();
            threadkit::yield_now();
        });
        threadkit::yield_now();
        *lock.lock().unwrap() += 1;
        thread.join().unwrap();
    });
    let what = failure.what();
    assert!(
        what.contains("in a lock of another library or of `std`"),
        "{what}"
    );
    // Elsewhere the system does not say that a thread is in a lock.
    if cfg!(target_os = "linux") {
        assert!(
            start.elapsed() < Duration::from_secs(8),
            "{:?}",
            start.elapsed()
        );
    }
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
        assert_eq!(COUNT.get(), 0, "the caller is another thread");
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
