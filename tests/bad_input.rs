//! Misuse that the types cannot refuse gets an error, or a panic that says what to do.

#[path = "support/process.rs"]
mod process;
mod support;

use std::cell::Cell;
use std::error::Error;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use process::scenario;
use support::{Drops, MOMENT, bounded, eventually, occupy, panic_of};
use threadkit::explore::{self, Explorer};
use threadkit::{
    Barrier, Condition, Event, IntoUntil, Latch, LifoQueue, Lock, Once, OwnedRwLockUpgradableGuard,
    PriorityQueue, Queue, RLock, RwLock, RwLockUpgradableGuard, Select, Semaphore, StartError,
    StopSource, StopToken, Task, Thread, ThreadPool, Timer, Until, WhenFull, as_completed_until,
    monitor, spawn, stop_token, synchronized, wait_all_until, wait_any_until,
};

#[test]
fn any_stack_size_gives_a_thread_or_the_body_back() {
    let page = 4096;
    let sizes = [
        0,
        1,
        page - 1,
        page + 1,
        16 * 1024 + 1,
        1 << 30,
        1 << 46,
        (1 << 47) - 1,
        1 << 62,
        isize::MAX as usize - 2 * page,
        isize::MAX as usize - page + 1,
        isize::MAX as usize,
        isize::MAX as usize + 1,
        usize::MAX - page,
        usize::MAX - 1,
        usize::MAX,
    ];
    for bytes in sizes {
        bounded(move || {
            let drops = Drops::new();
            let value = drops.value();
            let body = move || {
                drop(value);
                bytes
            };
            let tried = catch_unwind(AssertUnwindSafe(|| {
                Thread::new(body).stack_size(bytes).try_start()
            }));
            match tried.unwrap_or_else(|_| panic!("a panic escapes for {bytes} bytes")) {
                Ok(thread) => assert_eq!(thread.join().unwrap(), bytes),
                Err(refused) => {
                    assert!(bytes > 1 << 20, "{bytes} bytes are not too much: {refused}");
                    let text = refused.to_string();
                    assert!(
                        text.contains(&format!("a stack of {bytes} bytes")),
                        "{text}"
                    );
                    assert!(text.contains("ask for a smaller stack"), "{text}");
                    // The system is asked only for sizes that it can round up without an overflow.
                    let unasked = text.contains("no address space is that large");
                    assert_eq!(unasked, bytes > isize::MAX as usize, "{text}");
                    assert_eq!(format!("{refused:?}"), text);
                    assert!(refused.source().is_some());
                    assert_eq!(drops.count(), 0);
                    assert_eq!(refused.into_body()(), bytes);
                }
            }
            assert_eq!(drops.count(), 1);
        });
    }
    // What is refused for certain: by the system, or before it is asked where rounding up would overflow.
    let largest = isize::MAX as usize;
    for (bytes, by_us) in [
        (1 << 62, false),
        (largest, false),
        (largest + 1, true),
        (usize::MAX - page, true),
        (usize::MAX, true),
    ] {
        let refused = Thread::new(|| ()).stack_size(bytes).try_start();
        let text = refused.expect_err("nobody has that much").to_string();
        assert_eq!(
            text.contains("no address space is that large"),
            by_us,
            "{bytes}: {text}"
        );
    }
}

#[test]
fn a_refused_start_panics_in_words_at_the_place_of_the_caller() {
    bounded(|| {
        let thread = spawn(|| drop(Thread::new(|| ()).stack_size(usize::MAX).start()));
        let line = line!() - 1;
        let error = thread.join().unwrap_err();
        assert!(
            error.message().contains("ask for a smaller stack"),
            "{error}"
        );
        let place = error.place().expect("our hook notes it");
        assert!(
            place.file().ends_with("bad_input.rs") && place.line() == line,
            "{place}"
        );
    });
}

#[test]
fn a_start_error_becomes_an_io_error() {
    fn start() -> io::Result<()> {
        Thread::new(|| ()).name("\0").try_start()?;
        Ok(())
    }
    let error = start().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("NUL byte"));
    let refused: StartError<_> = Thread::new(|| ())
        .stack_size(usize::MAX)
        .try_start()
        .unwrap_err();
    assert_eq!(io::Error::from(refused).kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn a_refused_body_that_is_not_taken_is_dropped_once() {
    let drops = Drops::new();
    let value = drops.value();
    drop(Thread::new(move || drop(value)).name("\0").try_start());
    assert_eq!(drops.count(), 1);
    let value = drops.value();
    drop(
        Thread::new(move || drop(value))
            .stack_size(usize::MAX)
            .try_start(),
    );
    assert_eq!(drops.count(), 2);
    let value = drops.value();
    panic_of(move || {
        drop(
            Thread::new(move || drop(value))
                .stack_size(usize::MAX)
                .start(),
        )
    });
    assert_eq!(drops.count(), 3);
}

#[test]
fn a_refused_start_leaves_no_thread_on_the_list() {
    bounded(|| {
        for _ in 0..100 {
            drop(
                Thread::new(|| ())
                    .name("refused")
                    .stack_size(usize::MAX)
                    .try_start(),
            );
        }
        assert!(
            threadkit::threads()
                .iter()
                .all(|thread| &*thread.name() != "refused")
        );
    });
}

#[test]
#[cfg(target_os = "linux")]
fn more_memory_than_the_system_allows() {
    // A program under a sanitizer needs more address space than is left there.
    if std::env::var_os("TSAN_OPTIONS").is_some() {
        return;
    }
    let ended = scenario("no-address-space");
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    assert!(
        ended
            .out
            .contains("cannot start thread `one-more` with a stack of"),
        "{}",
        ended.out
    );
}

#[test]
#[cfg(target_os = "linux")]
fn more_threads_than_the_system_allows() {
    let ended = scenario("no-more-threads");
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    assert!(
        ended.out.contains("cannot start thread `one-more`")
            || ended.out.contains("cannot become another user"),
        "{}",
        ended.out
    );
}

/// A timer is refused if its thread cannot be started, whoever has tried to start it.
#[test]
#[cfg(target_os = "linux")]
fn no_timer_is_stranded_when_the_start_of_their_thread_fails() {
    let ended = scenario("no-thread-for-timers");
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(
        ended
            .out
            .starts_with("refused 10000 of 10000\nrefused 10000 of 10000\n")
            || ended.out.contains("cannot become another user"),
        "{ended:?}"
    );
}

/// One wait with a timeout that never ends, and what it shares with all others.
struct Endless {
    timeout: Duration,
    /// Whether the `_until` forms are given a token too.
    with_token: bool,
    begun: Arc<AtomicUsize>,
    go: Arc<Event>,
}

/// A token that nobody stops.
static UNUSED: LazyLock<StopToken> = LazyLock::new(|| StopSource::new().token());

impl Endless {
    fn until(&self) -> Until<'static> {
        if self.with_token {
            (self.timeout, &*UNUSED).into_until()
        } else {
            self.timeout.into_until()
        }
    }

    /// The wait goes on until `end`, and says then that what it waited for has come.
    fn check(
        &self,
        wait: impl FnOnce(Duration, Until<'static>) -> bool + Send,
        end: impl FnOnce(),
    ) {
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                self.begun.fetch_add(1, Ordering::SeqCst);
                wait(self.timeout, self.until())
            });
            self.go.wait();
            let too_early = waiter.is_finished();
            end();
            assert!(waiter.join().unwrap(), "it gave up");
            assert!(!too_early, "it did not wait");
        });
    }
}

/// Defines, for a kind of queue, each of its waits.
macro_rules! queue_waits {
    ($($Queue:ident),*) => {
        &[$(
            (concat!(stringify!($Queue), "::put"), |e| {
                let queue = $Queue::bounded(1);
                queue.put(1).unwrap();
                e.check(|d, _| queue.put_timeout(2, d).is_ok(), || _ = queue.get());
            }),
            (concat!(stringify!($Queue), "::put_until"), |e| {
                let queue = $Queue::bounded(1);
                queue.put(1).unwrap();
                e.check(|_, u| queue.put_until(2, u).is_ok(), || _ = queue.get());
            }),
            (concat!(stringify!($Queue), "::get"), |e| {
                let queue = $Queue::unbounded();
                e.check(|d, _| queue.get_timeout(d) == Ok(1), || queue.put(1).unwrap());
            }),
            (concat!(stringify!($Queue), "::get_until"), |e| {
                let queue = $Queue::bounded(1);
                e.check(|_, u| queue.get_until(u) == Ok(1), || queue.put(1).unwrap());
            }),
            (concat!(stringify!($Queue), "::get_up_to_until"), |e| {
                let queue = $Queue::unbounded();
                let get = |_, u: Until<'_>| queue.get_up_to_until(2, u) == Ok(vec![1]);
                e.check(get, || queue.put(1).unwrap());
            }),
            (concat!(stringify!($Queue), "::jobs_until"), |e| {
                let queue = $Queue::unbounded();
                e.check(|_, u| queue.jobs_until(u).next().is_some(), || queue.put(1).unwrap());
            }),
            (concat!(stringify!($Queue), "::until"), |e| {
                let queue = $Queue::unbounded();
                e.check(|_, u| queue.until(u).next() == Some(1), || queue.put(1).unwrap());
            }),
            (concat!(stringify!($Queue), "::join"), |e| {
                let queue = $Queue::unbounded();
                queue.put(1).unwrap();
                queue.get().unwrap();
                e.check(|d, _| queue.join_timeout(d), || queue.task_done().unwrap());
            }),
            (concat!(stringify!($Queue), "::join_until"), |e| {
                let queue = $Queue::unbounded();
                queue.put(1).unwrap();
                queue.get().unwrap();
                e.check(|_, u| queue.join_until(u).is_ok(), || queue.task_done().unwrap());
            }),
        )*]
    };
}

/// A name, and a wait that is brought about and ended.
type Wait = (&'static str, fn(&Endless));

const QUEUES: &[Wait] = queue_waits!(Queue, LifoQueue, PriorityQueue);

const LOCKS: &[Wait] = &[
    ("Lock", |e| {
        let lock = Lock::new(());
        let held = lock.acquire();
        e.check(|d, _| lock.acquire_timeout(d).is_ok(), || drop(held));
    }),
    ("Lock, owned", |e| {
        let lock = Arc::new(Lock::new(()));
        let held = lock.acquire();
        e.check(|d, _| lock.acquire_timeout_owned(d).is_ok(), || drop(held));
    }),
    ("RLock", |e| {
        let lock = RLock::new(());
        let held = lock.acquire();
        e.check(|d, _| lock.acquire_timeout(d).is_ok(), || drop(held));
    }),
    ("RLock, owned", |e| {
        let lock = Arc::new(RLock::new(()));
        let held = lock.acquire();
        e.check(|d, _| lock.acquire_timeout_owned(d).is_ok(), || drop(held));
    }),
    ("RwLock::read", |e| {
        let lock = RwLock::new(());
        let held = lock.write();
        e.check(|d, _| lock.read_timeout(d).is_ok(), || drop(held));
    }),
    ("RwLock::write", |e| {
        let lock = RwLock::new(());
        let held = lock.read();
        e.check(|d, _| lock.write_timeout(d).is_ok(), || drop(held));
    }),
    ("RwLock::upgradable", |e| {
        let lock = RwLock::new(());
        let held = lock.upgradable();
        e.check(|d, _| lock.upgradable_timeout(d).is_ok(), || drop(held));
    }),
    ("RwLock, upgrade", |e| {
        let lock = RwLock::new(());
        let held = lock.read();
        let upgrade =
            |d, _: Until<'_>| RwLockUpgradableGuard::upgrade_timeout(lock.upgradable(), d).is_ok();
        e.check(upgrade, || drop(held));
    }),
    ("RwLock::read, owned", |e| {
        let lock = Arc::new(RwLock::new(()));
        let held = lock.write();
        e.check(|d, _| lock.read_timeout_owned(d).is_ok(), || drop(held));
    }),
    ("RwLock::write, owned", |e| {
        let lock = Arc::new(RwLock::new(()));
        let held = lock.read();
        e.check(|d, _| lock.write_timeout_owned(d).is_ok(), || drop(held));
    }),
    ("RwLock::upgradable, owned", |e| {
        let lock = Arc::new(RwLock::new(()));
        let held = lock.upgradable();
        e.check(
            |d, _| lock.upgradable_timeout_owned(d).is_ok(),
            || drop(held),
        );
    }),
    ("RwLock, upgrade, owned", |e| {
        let lock = Arc::new(RwLock::new(()));
        let held = lock.read();
        let upgrade = |d, _: Until<'_>| {
            OwnedRwLockUpgradableGuard::upgrade_timeout(lock.upgradable_owned(), d).is_ok()
        };
        e.check(upgrade, || drop(held));
    }),
    ("#[synchronized]", |e| {
        #[synchronized(lock, timeout = limit, else = false)]
        fn entered(lock: &Lock, limit: Duration) -> bool {
            true
        }
        let lock = Lock::new(());
        let held = lock.acquire();
        e.check(|d, _| entered(&lock, d), || drop(held));
    }),
    ("#[synchronized], two locks", |e| {
        #[synchronized(one, other, timeout = limit, else = false)]
        fn entered(one: &Lock, other: &RLock, limit: Duration) -> bool {
            true
        }
        let (one, other) = (Lock::new(()), RLock::new(()));
        let held = other.acquire();
        e.check(|d, _| entered(&one, &other, d), || drop(held));
    }),
];

/// Sets what is waited for under its lock, and tells.
fn set(lock: &Lock<bool>, changed: &Condition) {
    *lock.acquire() = true;
    changed.notify_all();
}

fn set_cell(lock: &RLock<Cell<bool>>, changed: &Condition) {
    lock.acquire().set(true);
    changed.notify_all();
}

const CONDITIONS: &[Wait] = &[
    ("Condition::wait", |e| {
        let (lock, changed) = (Lock::new(false), Condition::new());
        let wait = |d, _: Until<'_>| {
            let mut is_set = lock.acquire();
            *is_set || changed.wait_timeout(&mut is_set, d)
        };
        e.check(wait, || set(&lock, &changed));
    }),
    ("Condition::wait_until", |e| {
        let (lock, changed) = (Lock::new(false), Condition::new());
        let wait = |_, u: Until<'_>| {
            let mut is_set = lock.acquire();
            *is_set || changed.wait_until(&mut is_set, u).is_ok()
        };
        e.check(wait, || set(&lock, &changed));
    }),
    ("Condition::wait_while_until", |e| {
        let (lock, changed) = (Lock::new(false), Condition::new());
        let wait = |_, u: Until<'_>| {
            let wait = changed.wait_while_until(&mut lock.acquire(), u, |is_set| !*is_set);
            wait.is_ok()
        };
        e.check(wait, || set(&lock, &changed));
    }),
    ("Condition::wait_for_until", |e| {
        let (lock, changed) = (Lock::new(false), Condition::new());
        let wait = |_, u: Until<'_>| {
            let found =
                changed.wait_for_until(&mut lock.acquire(), u, |is_set| is_set.then_some(5));
            found == Ok(5)
        };
        e.check(wait, || set(&lock, &changed));
    }),
    ("RLockGuard::outermost, waited with for a time", |e| {
        let (lock, changed) = (RLock::new(Cell::new(false)), Condition::new());
        let wait = |d, _: Until<'_>| {
            let mut is_set = lock.acquire();
            is_set.get() || changed.wait_timeout(&mut is_set.outermost(), d)
        };
        e.check(wait, || set_cell(&lock, &changed));
    }),
    ("RLockGuard::outermost, waited with until a limit", |e| {
        let (lock, changed) = (RLock::new(Cell::new(false)), Condition::new());
        let wait = |_, u: Until<'_>| {
            let mut is_set = lock.acquire();
            is_set.get() || changed.wait_until(&mut is_set.outermost(), u).is_ok()
        };
        e.check(wait, || set_cell(&lock, &changed));
    }),
    ("RLockGuard::outermost, waited with for a while", |e| {
        let (lock, changed) = (RLock::new(Cell::new(false)), Condition::new());
        let wait = |_, u: Until<'_>| {
            let mut guard = lock.acquire();
            let wait = changed.wait_while_until(&mut guard.outermost(), u, |is_set| !is_set.get());
            wait.is_ok()
        };
        e.check(wait, || set_cell(&lock, &changed));
    }),
    ("RLockGuard::outermost, waited with for a value", |e| {
        let (lock, changed) = (RLock::new(Cell::new(false)), Condition::new());
        let wait = |_, u: Until<'_>| {
            let mut guard = lock.acquire();
            let find = |is_set: &Cell<bool>| is_set.get().then_some(5);
            changed.wait_for_until(&mut guard.outermost(), u, find) == Ok(5)
        };
        e.check(wait, || set_cell(&lock, &changed));
    }),
];

struct Door {
    open: bool,
}

#[monitor(SharedDoor)]
impl Door {
    #[when(self.open, timeout, until)]
    pub(crate) fn pass(&mut self) {}

    pub(crate) fn open(&mut self) {
        self.open = true;
    }
}

const PRIMITIVES: &[Wait] = &[
    ("Semaphore", |e| {
        let permits = Semaphore::new(0);
        e.check(
            |d, _| permits.acquire_timeout(d).is_ok(),
            || permits.release(1).unwrap(),
        );
    }),
    ("Semaphore::acquire_until", |e| {
        let permits = Semaphore::new(0);
        e.check(
            |_, u| permits.acquire_until(u).is_ok(),
            || permits.release(1).unwrap(),
        );
    }),
    ("Semaphore::acquire_many_until", |e| {
        let permits = Semaphore::new(1);
        e.check(
            |_, u| permits.acquire_many_until(2, u).is_ok(),
            || permits.release(1).unwrap(),
        );
    }),
    ("Semaphore, owned", |e| {
        let permits = Arc::new(Semaphore::new(0));
        e.check(
            |d, _| permits.acquire_timeout_owned(d).is_ok(),
            || permits.release(1).unwrap(),
        );
    }),
    ("Semaphore::acquire_until, owned", |e| {
        let permits = Arc::new(Semaphore::new(0));
        e.check(
            |_, u| permits.acquire_until_owned(u).is_ok(),
            || permits.release(1).unwrap(),
        );
    }),
    ("Semaphore::acquire_many_until, owned", |e| {
        let permits = Arc::new(Semaphore::new(1));
        e.check(
            |_, u| permits.acquire_many_until_owned(2, u).is_ok(),
            || permits.release(1).unwrap(),
        );
    }),
    ("Event", |e| {
        let event = Event::new();
        e.check(|d, _| event.wait_timeout(d), || event.set());
    }),
    ("Event::wait_until", |e| {
        let event = Event::new();
        e.check(|_, u| event.wait_until(u).is_ok(), || event.set());
    }),
    ("Barrier", |e| {
        let barrier = Barrier::new(2);
        e.check(
            |d, _| barrier.wait_timeout(d).is_ok(),
            || _ = barrier.wait().unwrap(),
        );
    }),
    ("Barrier::wait_until", |e| {
        let barrier = Barrier::new(2);
        e.check(
            |_, u| barrier.wait_until(u).is_ok(),
            || _ = barrier.wait().unwrap(),
        );
    }),
    ("Latch", |e| {
        let latch = Latch::new(1);
        e.check(|d, _| latch.wait_timeout(d), || latch.count_down());
    }),
    ("Latch::wait_until", |e| {
        let latch = Latch::new(1);
        e.check(|_, u| latch.wait_until(u).is_ok(), || latch.count_down());
    }),
    ("Once", |e| {
        let once = Once::new();
        e.check(
            |d, _| once.wait_timeout(d) == Ok(&1),
            || once.set(1).unwrap(),
        );
    }),
    ("Once::wait_until", |e| {
        let once = Once::new();
        e.check(|_, u| once.wait_until(u) == Ok(&1), || once.set(1).unwrap());
    }),
    ("StopToken", |e| {
        let source = StopSource::new();
        let token = source.token();
        e.check(|d, _| token.wait_timeout(d), || _ = source.stop());
    }),
    ("StopToken::wait_until", |e| {
        let source = StopSource::new();
        let token = source.token();
        e.check(|_, u| token.wait_until(u).is_ok(), || _ = source.stop());
    }),
    ("Select", |e| {
        let (queue, event) = (Queue::<u8>::unbounded(), Event::new());
        let wait = |d, _: Until<'_>| {
            let mut select = Select::new().get(&queue, |_| 1).event(&event, || 2);
            select.wait_timeout(d) == Ok(2)
        };
        e.check(wait, || event.set());
    }),
    ("Select::wait_until", |e| {
        let (queue, event) = (Queue::<u8>::unbounded(), Event::new());
        let wait = |_, u: Until<'_>| {
            let mut select = Select::new().get(&queue, |_| 1).event(&event, || 2);
            select.wait_until(u) == Ok(1)
        };
        e.check(wait, || queue.put(0).unwrap());
    }),
    ("#[monitor]", |e| {
        let door = SharedDoor::from(Door { open: false });
        e.check(|d, _| door.pass_timeout(d).is_ok(), || door.open());
    }),
    ("#[monitor], until", |e| {
        let door = SharedDoor::from(Door { open: false });
        e.check(|_, u| door.pass_until(u).is_ok(), || door.open());
    }),
];

/// Does nothing until it is stopped.
fn idle() {
    stop_token().wait();
}

/// A pool that has work for its only thread, and that task.
fn busy_pool() -> (ThreadPool, Task<()>) {
    let pool = ThreadPool::builder(1).backlog(1, WhenFull::Block).build();
    let task = occupy(&pool);
    (pool, task)
}

const THREADS: &[Wait] = &[
    ("JoinHandle", |e| {
        let thread = spawn(idle);
        e.check(|d, _| thread.wait_timeout(d), || _ = thread.stop());
    }),
    ("JoinHandle::wait_until", |e| {
        let thread = spawn(idle);
        e.check(|_, u| thread.wait_until(u).is_ok(), || _ = thread.stop());
    }),
    ("Task", |e| {
        let (_pool, task) = busy_pool();
        e.check(|d, _| task.wait_timeout(d), || _ = task.stop());
    }),
    ("Task::wait_until", |e| {
        let (_pool, task) = busy_pool();
        e.check(|_, u| task.wait_until(u).is_ok(), || _ = task.stop());
    }),
    ("wait_any_until", |e| {
        let (_pool, task) = busy_pool();
        e.check(
            |_, u| wait_any_until([&task], u) == Ok(0),
            || _ = task.stop(),
        );
    }),
    ("wait_all_until", |e| {
        let (_pool, task) = busy_pool();
        e.check(
            |_, u| wait_all_until([&task], u).is_ok(),
            || _ = task.stop(),
        );
    }),
    ("as_completed_until", |e| {
        let (_pool, task) = busy_pool();
        e.check(
            |_, u| as_completed_until([&task], u).count() == 1,
            || _ = task.stop(),
        );
    }),
    ("ThreadPool::submit", |e| {
        let (pool, task) = busy_pool();
        let _next = pool.submit(|| ());
        e.check(
            |d, _| pool.submit_timeout(|| (), d).is_ok(),
            || _ = task.stop(),
        );
    }),
    ("ThreadPool::submit_until", |e| {
        let (pool, task) = busy_pool();
        let _next = pool.submit(|| ());
        e.check(
            |_, u| pool.submit_until(|| (), u).is_ok(),
            || _ = task.stop(),
        );
    }),
    ("ThreadPool::shutdown", |e| {
        let (pool, task) = busy_pool();
        e.check(|d, _| pool.shutdown_timeout(d), || _ = task.stop());
    }),
    ("ThreadPool::shutdown_until", |e| {
        let (pool, task) = busy_pool();
        e.check(|_, u| pool.shutdown_until(u).is_ok(), || _ = task.stop());
    }),
    ("ThreadPoolBuilder::keep_alive", |e| {
        let pool = ThreadPool::builder(1).keep_alive(e.timeout).build();
        pool.submit(|| ()).join().unwrap();
        let event = Event::new();
        e.check(|d, _| event.wait_timeout(d), || event.set());
        assert_eq!(pool.threads(), 1);
    }),
    ("Timer::after", |e| {
        let timer = Timer::after(e.timeout, || ());
        e.check(|d, _| timer.wait_timeout(d), || assert!(timer.cancel()));
    }),
    ("Timer::every", |e| {
        let timer = Timer::every(e.timeout, || ());
        e.check(
            |_, u| timer.wait_until(u).is_ok(),
            || assert!(timer.cancel()),
        );
    }),
    ("Timer::with_pause", |e| {
        let timer = Timer::with_pause(e.timeout, || ());
        e.check(
            |_, u| timer.wait_until(u).is_ok(),
            || assert!(timer.cancel()),
        );
    }),
];

/// The longest time that the clock can still be ahead of now, to the second.
fn end_of_the_clock() -> Duration {
    let now = Instant::now();
    let fits = |seconds| now.checked_add(Duration::from_secs(seconds)).is_some();
    let (mut fitting, mut too_long) = (0, u64::MAX);
    while too_long - fitting > 1 {
        let middle = fitting + (too_long - fitting) / 2;
        if fits(middle) {
            fitting = middle;
        } else {
            too_long = middle;
        }
    }
    Duration::from_secs(fitting)
}

#[test]
fn the_longest_timeouts_mean_for_ever_and_overflow_nothing() {
    let (second, end) = (Duration::from_secs(1), end_of_the_clock());
    let timeouts = [
        Duration::MAX,
        Duration::MAX - Duration::from_nanos(1),
        // Past the end of the clock, at it, and well before.
        end + second,
        end,
        end - 3600 * second,
        Duration::from_millis(u64::MAX),
        Duration::from_nanos(u64::MAX),
        // More than what numbers of 32 bits hold, as seconds and as milliseconds.
        second * u32::MAX,
        Duration::from_millis(1 << 32),
    ];
    let limits = timeouts
        .map(|timeout| (timeout, false))
        .into_iter()
        .chain([(Duration::MAX, true), (end - 3600 * second, true)]);
    let (begun, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Event::new()));
    let mut waits = Vec::new();
    for (timeout, with_token) in limits {
        for &(name, wait) in [QUEUES, LOCKS, CONDITIONS, PRIMITIVES, THREADS]
            .into_iter()
            .flatten()
        {
            let (begun, go) = (Arc::clone(&begun), Arc::clone(&go));
            let what = Endless {
                timeout,
                with_token,
                begun,
                go,
            };
            let name = format!("{name} for {timeout:?}");
            let thread = thread::Builder::new().name(name.clone());
            waits.push((name, thread.spawn(move || wait(&what)).unwrap()));
        }
    }
    // One `go` for all of them, when all have had a moment to come to their wait.
    eventually("all wait", || begun.load(Ordering::SeqCst) == waits.len());
    thread::sleep(MOMENT);
    go.set();
    for (name, wait) in waits {
        eventually(&name, || wait.is_finished());
        assert!(wait.join().is_ok(), "{name}");
    }
}

#[test]
fn explorations_refuse_what_makes_no_sense() {
    let message = panic_of(|| drop(Explorer::new().pct(0)));
    assert!(message.contains("at least one step"), "{message}");
    let message = panic_of(|| drop(Explorer::new().runs(0)));
    assert!(message.contains("at least one run"), "{message}");
    let message = panic_of(|| explore::replay("no schedule", || ()));
    assert!(
        message.contains("`no schedule` is not a schedule"),
        "{message}"
    );
}

#[test]
fn a_schedule_is_followed_or_refused() {
    let ran = Arc::new(AtomicBool::new(false));
    let body = {
        let ran = Arc::clone(&ran);
        move || ran.store(true, Ordering::Relaxed)
    };
    if cfg!(feature = "explore") {
        explore::replay("tk1.", body);
        assert!(ran.load(Ordering::Relaxed));
    } else {
        let message = panic_of(|| explore::replay("tk1.", body));
        assert!(
            message.contains("only with the feature `explore`"),
            "{message}"
        );
        assert!(!ran.load(Ordering::Relaxed), "a free run proves nothing");
    }
}

#[test]
fn a_failure_says_how_to_repeat_it() {
    let failure = Explorer::new()
        .try_check(|| panic!("out of cheese"))
        .unwrap_err();
    let how = if cfg!(feature = "explore") {
        "repeat it with: threadkit::explore::replay("
    } else {
        "build with the feature `explore` for a schedule that can be replayed"
    };
    assert!(failure.to_string().contains(how), "{failure}");
}
