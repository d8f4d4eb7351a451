//! What all waits have in common: the longest and the shortest limits, a stop whose source is dropped, and
//! waits in the destructors of thread-locals.

mod support;

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use support::{MOMENT, bounded, eventually, occupy, until_waiting};
use threadkit::{
    Barrier, BrokenBy, Condition, Event, IntoUntil, Latch, LifoQueue, Lock, Once, PriorityQueue,
    Queue, RLock, RwLock, Select, Semaphore, StopSource, StopToken, Task, ThreadPool, TimedOut,
    Timer, Until, WaitError, WhenFull, as_completed_until, monitor, spawn, stop_token,
    synchronized, wait_all_until, wait_any_until,
};

/// One wait with a timeout that never ends, and what it shares with all others.
struct Endless {
    timeout: Duration,
    /// Whether the `_until` forms are given a token too.
    with_token: bool,
    begun: Arc<AtomicUsize>,
    go: Arc<Event>,
}

/// A token that is never stopped.
static UNUSED: LazyLock<StopToken> = LazyLock::new(|| StopSource::new().token());

impl Endless {
    fn until(&self) -> Until<'static> {
        if self.with_token {
            (self.timeout, &*UNUSED).into_until()
        } else {
            self.timeout.into_until()
        }
    }

    /// The wait lasts until `end`, and reports then that what it waited for has come.
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

/// A name, and a wait that starts and ends.
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
        let upgrade = |d, _: Until<'_>| lock.upgradable().upgrade_timeout(d).is_ok();
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
        let upgrade = |d, _: Until<'_>| lock.upgradable_owned().upgrade_timeout(d).is_ok();
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

/// Sets the value under its lock, and notifies.
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
    // One `go` for all of them, after a moment for all to come to their wait.
    eventually("all wait", || begun.load(Ordering::SeqCst) == waits.len());
    thread::sleep(MOMENT);
    go.set();
    for (name, wait) in waits {
        eventually(&name, || wait.is_finished());
        assert!(wait.join().is_ok(), "{name}");
    }
}

const SHORT: Duration = Duration::from_millis(2);

/// One object of each kind, and how to end every wait for it.
#[derive(Default)]
struct All {
    lock: Lock<u32>,
    rlock: RLock<u32>,
    rwlock: RwLock<u32>,
    changed: Condition,
    semaphore: Semaphore,
    event: Event,
    once: Once<u32>,
    source: StopSource,
}

impl All {
    /// Uses everything: objects that are free, and waits that end by their limit.
    fn use_all(&self) {
        *self.lock.acquire() += 1;
        drop((self.rlock.acquire(), self.rlock.acquire()));
        *self.rwlock.write() += 1;
        assert_eq!(*self.rwlock.read(), *self.rwlock.upgradable());
        let mut guard = self.lock.acquire();
        assert!(!self.changed.wait_timeout(&mut guard, SHORT));
        drop(guard);
        let permit = self.semaphore.acquire();
        assert!(self.semaphore.acquire_timeout(SHORT).is_err());
        drop(permit);
        assert!(!self.event.wait_timeout(SHORT));
        assert_eq!(self.once.wait_timeout(SHORT), Err(TimedOut));
        let crowd = Barrier::new(2);
        let alone = crowd.wait_timeout(SHORT).unwrap_err();
        assert_eq!(alone.cause(), BrokenBy::TimedOut);
        assert!(!Latch::new(1).wait_timeout(SHORT));
        let stop = self.source.token();
        assert_eq!(
            self.event.wait_until((SHORT, &stop)),
            Err(WaitError::TimedOut)
        );
        assert!(!stop.wait_timeout(SHORT));
    }
}

#[test]
fn everything_works_while_thread_locals_are_destroyed() {
    struct Late(Arc<All>, Arc<Latch>);
    impl Drop for Late {
        fn drop(&mut self) {
            self.0.use_all();
            self.1.count_down();
        }
    }
    thread_local!(static LATE: RefCell<Option<Late>> = const { RefCell::new(None) });
    bounded(|| {
        let all = Arc::new(All::default());
        // The counts come from the destructors: a panic in one would end the process.
        let done = Arc::new(Latch::new(4));
        let body = |all: &Arc<All>, done: &Arc<Latch>, early: bool| {
            let late = Late(Arc::clone(all), Arc::clone(done));
            move || {
                if early {
                    // These are registered first, so that the destructors of what waits use run before this one.
                    LATE.set(Some(late));
                    LATE.with_borrow(|late| late.as_ref().unwrap().0.use_all());
                } else {
                    late.0.use_all();
                    LATE.set(Some(late));
                }
            }
        };
        for early in [true, false] {
            spawn(body(&all, &done, early)).join().unwrap();
            thread::spawn(body(&all, &done, early)).join().unwrap();
        }
        assert!(done.wait_timeout(support::LONG));
        assert_eq!(*all.lock.acquire(), 8);
    });
}

#[test]
fn the_longest_limits_never_end_a_wait() {
    bounded(|| {
        let all = Arc::new(All::default());
        let hold = all.semaphore.acquire();
        let crowd = Arc::new(Barrier::new(2));
        let latch = Arc::new(Latch::new(1));
        let about = Arc::new(AtomicUsize::new(0));
        let far = Instant::now() + Duration::from_secs(u64::MAX >> 2);
        type Wait = Box<dyn FnOnce(&All, &Barrier, &Latch) -> bool + Send>;
        let waits: Vec<Wait> = vec![
            Box::new(|all, _, _| all.event.wait_timeout(Duration::MAX)),
            Box::new(move |all, _, _| all.event.wait_until(far).is_ok()),
            Box::new(move |all, _, _| all.event.wait_until((far, &all.source.token())).is_ok()),
            Box::new(|all, _, _| all.semaphore.acquire_timeout(Duration::MAX).is_ok()),
            Box::new(move |all, _, _| all.semaphore.acquire_until(far).is_ok()),
            Box::new(|_, crowd, _| crowd.wait_timeout(Duration::MAX).is_ok()),
            Box::new(|_, _, latch| latch.wait_timeout(Duration::MAX)),
            Box::new(move |_, _, latch| latch.wait_until(far).is_ok()),
            Box::new(|all, _, _| all.once.wait_timeout(Duration::MAX).is_ok()),
            Box::new(move |all, _, _| all.once.wait_until(far).is_ok()),
            Box::new(move |all, _, _| {
                let mut guard = all.lock.acquire();
                let there = |value: &mut u32| *value == 0;
                all.changed.wait_while_until(&mut guard, far, there).is_ok()
            }),
        ];
        let waiters: Vec<_> = waits
            .into_iter()
            .map(|wait| {
                let (all, about) = (Arc::clone(&all), Arc::clone(&about));
                let (crowd, latch) = (Arc::clone(&crowd), Arc::clone(&latch));
                spawn(move || {
                    about.fetch_add(1, Ordering::Relaxed);
                    wait(&all, &crowd, &latch)
                })
            })
            .collect();
        eventually("all are about to wait", || {
            about.load(Ordering::Relaxed) == waiters.len()
        });
        for waiter in &waiters {
            until_waiting(waiter.thread());
        }
        assert!(waiters.iter().all(|waiter| !waiter.is_finished()));
        all.event.set();
        drop(hold);
        crowd.wait().unwrap();
        latch.count_down();
        all.once.set(1).unwrap();
        *all.lock.acquire() = 1;
        all.changed.notify_all();
        for waiter in waiters {
            assert!(waiter.join().unwrap());
        }
    });
}

#[test]
fn a_limit_of_no_time_allows_one_try() {
    let all = All::default();
    assert!(all.semaphore.acquire_timeout(Duration::ZERO).is_ok());
    assert!(all.semaphore.acquire_until(Duration::ZERO).is_ok());
    assert!(!all.event.wait_timeout(Duration::ZERO));
    assert!(all.rwlock.read_timeout(Duration::ZERO).is_ok());
    assert!(all.rwlock.write_timeout(Duration::ZERO).is_ok());
    assert!(all.rlock.acquire_timeout(Duration::ZERO).is_ok());
    assert_eq!(all.once.wait_timeout(Duration::ZERO), Err(TimedOut));
    assert!(Latch::new(0).wait_timeout(Duration::ZERO));
    assert!(!Latch::new(1).wait_timeout(Duration::ZERO));
    assert!(Barrier::new(1).wait_timeout(Duration::ZERO).is_ok());
    assert!(Barrier::new(2).wait_timeout(Duration::ZERO).is_err());
    all.source.stop();
    let stop = all.source.token();
    // A token that is stopped counts like a limit that is over: one attempt is made.
    assert!(all.semaphore.acquire_until(&stop).is_ok());
    assert_eq!(all.event.wait_until(&stop), Err(WaitError::Stopped));
    all.event.set();
    assert_eq!(all.event.wait_until(&stop), Ok(()));
    assert!(Barrier::new(1).wait_until(&stop).is_ok());
}

#[test]
fn a_source_that_is_dropped_leaves_waits_to_what_they_wait_for() {
    bounded(|| {
        let all = Arc::new(All::default());
        let permit = all.semaphore.acquire();
        let source = StopSource::new();
        let about = Arc::new(AtomicUsize::new(0));
        let waits: [fn(&All, &StopToken) -> bool; 4] = [
            |all, stop| all.event.wait_until(stop).is_ok(),
            |all, stop| all.semaphore.acquire_until(stop).is_ok(),
            |all, stop| all.once.wait_until(stop).is_ok(),
            |_, stop| !stop.wait_timeout(Duration::from_millis(50)) && stop.check().is_ok(),
        ];
        let waiters = waits.map(|wait| {
            let (all, stop, about) = (Arc::clone(&all), source.token(), Arc::clone(&about));
            spawn(move || {
                about.fetch_add(1, Ordering::Relaxed);
                wait(&all, &stop)
            })
        });
        eventually("all are about to wait", || {
            about.load(Ordering::Relaxed) == 4
        });
        drop(source);
        all.event.set();
        drop(permit);
        all.once.set(1).unwrap();
        for waiter in waiters {
            assert!(waiter.join().unwrap());
        }
    });
}
