//! The place of every wait is where the program called the operation, and not in threadkit or in std.

#![cfg(any(debug_assertions, feature = "explore"))]
#![allow(
    clippy::unit_arg,
    reason = "some of the operations in the table return nothing"
)]

mod support;
#[path = "support/tray.rs"]
mod tray;

use std::convert::Infallible;
use std::sync::{Arc, Barrier as StdBarrier};
use std::thread;
use std::time::{Duration, Instant};

use support::{LONG, eventually};
use threadkit::inspect::{Policy, on_deadlock};
use threadkit::prelude::*;
use threadkit::{
    Barrier, Condition, Event, Latch, Lazy, LifoQueue, Once, PriorityQueue, Queue, RwLock,
    RwLockUpgradableGuard, Select, Semaphore, State, StopSource, Supervisor, Thread, ThreadPool,
    Timer, WhenFull, as_completed, as_completed_until, join_all, lock_all, try_scope, wait_all,
    wait_all_until, wait_any, wait_any_until,
};
use tray::SharedTray;

/// A limit that no wait here reaches.
const HOUR: Duration = Duration::from_secs(3600);

/// A wait that does not end: the operation, the lines of the program, and the program.
type Case = (&'static str, u32, fn());

fn ignore<T>(_result: T) {}

static ACCOUNT: Lock<u32> = Lock::named("account", 0);
static OTHER: Lock<u32> = Lock::named("other", 0);

#[synchronized(ACCOUNT, OTHER)]
fn transfer() {}

fn full() -> Queue<u32> {
    let queue = Queue::bounded(1);
    queue.put(1).unwrap();
    queue
}

fn empty() -> Queue<u32> {
    Queue::unbounded()
}

/// A pool whose only worker is busy for ever, and whose backlog is full.
fn busy() -> ThreadPool {
    let pool = ThreadPool::builder(1).backlog(1, WhenFull::Block).build();
    let begun = Arc::new(StdBarrier::new(2));
    let also = Arc::clone(&begun);
    drop(pool.submit(move || {
        also.wait();
        Event::new().wait();
    }));
    begun.wait();
    drop(pool.submit(|| ()));
    pool
}

fn idle() -> ThreadPool {
    ThreadPool::new(2)
}

fn forever() {
    Event::new().wait();
}

/// A lock that a thread holds for ever.
fn held<T: Send + Sync + 'static>(lock: T, hold: fn(&T)) -> Arc<T> {
    let lock = Arc::new(lock);
    let other = Arc::clone(&lock);
    Thread::new(move || hold(&other))
        .daemon(true)
        .start()
        .wait();
    lock
}

const CASES: &[Case] = &[
    ("Queue::put", line!(), || ignore(full().put(2))),
    ("Queue::put_timeout", line!(), || {
        ignore(full().put_timeout(2, HOUR))
    }),
    ("Queue::put_until", line!(), || {
        ignore(full().put_until(2, HOUR))
    }),
    ("Queue::get", line!(), || ignore(empty().get())),
    ("Queue::get_timeout", line!(), || {
        ignore(empty().get_timeout(HOUR))
    }),
    ("Queue::get_until", line!(), || {
        ignore(empty().get_until(HOUR))
    }),
    ("Queue::get_up_to", line!(), || ignore(empty().get_up_to(3))),
    ("Queue::get_up_to_until", line!(), || {
        ignore(empty().get_up_to_until(3, HOUR))
    }),
    ("Queue::join", line!(), || ignore(full().join())),
    ("Queue::join_timeout", line!(), || {
        ignore(full().join_timeout(HOUR))
    }),
    ("Queue::join_until", line!(), || {
        ignore(full().join_until(HOUR))
    }),
    ("LifoQueue::get", line!(), || {
        ignore(LifoQueue::<u32>::unbounded().get())
    }),
    ("PriorityQueue::iter", line!(), || {
        ignore(PriorityQueue::<u32>::unbounded().iter().count())
    }),
    ("Queue::iter", line!(), || for _item in &empty() {}),
    ("Queue::into_iter", line!(), || for _item in empty() {}),
    ("Queue::into_iter", line!(), || {
        ignore(empty().into_iter().map(|n| n + 1).collect::<Vec<_>>())
    }),
    ("Queue::iter", line!(), || {
        ignore(empty().iter().sum::<u32>())
    }),
    ("Queue::until", line!(), || {
        ignore(empty().until(HOUR).last())
    }),
    ("Queue::jobs", line!(), || {
        ignore(empty().jobs().for_each(drop))
    }),
    ("Queue::jobs_until", line!(), || {
        ignore(empty().jobs_until(HOUR).for_each(drop))
    }),
    ("Select::wait", line!(), || {
        ignore(Select::new().get(&empty(), drop).wait())
    }),
    ("Select::wait_timeout", line!(), || {
        ignore(Select::new().get(&empty(), drop).wait_timeout(HOUR))
    }),
    ("acquire `account`", line!(), || ignore(ACCOUNT.acquire())),
    ("acquire `account`", line!(), || {
        ignore(ACCOUNT.acquire_timeout(HOUR))
    }),
    ("acquire `account`", line!(), || {
        ignore(lock_all((&ACCOUNT, &OTHER)))
    }),
    ("acquire `account`", line!(), || {
        ignore(lock_all((&OTHER, &ACCOUNT)))
    }),
    ("acquire `account`", line!(), || {
        ignore(lock_all(&[&ACCOUNT, &OTHER][..]))
    }),
    ("acquire `account`", line!(), || {
        ignore(lock_all(&[&OTHER, &ACCOUNT][..]))
    }),
    ("acquire `tree`", line!(), || {
        ignore(
            held(RLock::named("tree", ()), |lock| {
                std::mem::forget(lock.acquire())
            })
            .acquire(),
        )
    }),
    ("read `rates`", line!(), || {
        ignore(
            held(RwLock::named("rates", ()), |lock| {
                std::mem::forget(lock.write())
            })
            .read(),
        )
    }),
    ("write `rates`", line!(), || {
        ignore(
            held(RwLock::named("rates", ()), |lock| {
                std::mem::forget(lock.read())
            })
            .write(),
        )
    }),
    ("upgrade `rates`", line!(), || {
        let lock = held(RwLock::named("rates", ()), |lock| {
            std::mem::forget(lock.read())
        });
        let _ = RwLockUpgradableGuard::upgrade(lock.upgradable());
    }),
    ("SharedTray::take", line!(), || {
        ignore(SharedTray::new().take())
    }),
    ("Condition::wait", line!(), || {
        ignore(Condition::new().wait(&mut Lock::new(()).acquire()))
    }),
    ("Condition::wait_timeout", line!(), || {
        ignore(Condition::new().wait_timeout(&mut Lock::new(()).acquire(), HOUR))
    }),
    ("Condition::wait", line!(), || {
        ignore(Condition::new().wait_while(&mut Lock::new(()).acquire(), |()| true))
    }),
    ("Condition::wait", line!(), || {
        ignore(Condition::new().wait_for(&mut Lock::new(()).acquire(), |()| false))
    }),
    ("Event::wait", line!(), || ignore(Event::new().wait())),
    ("Event::wait_timeout", line!(), || {
        ignore(Event::new().wait_timeout(HOUR))
    }),
    ("Event::wait_until", line!(), || {
        ignore(Event::new().wait_until(HOUR))
    }),
    ("Latch::wait", line!(), || ignore(Latch::new(1).wait())),
    ("Barrier::wait", line!(), || ignore(Barrier::new(2).wait())),
    ("Barrier::wait_timeout", line!(), || {
        ignore(Barrier::new(2).wait_timeout(HOUR))
    }),
    ("Semaphore::acquire", line!(), || {
        ignore(Semaphore::new(0).acquire())
    }),
    ("Semaphore::acquire", line!(), || {
        ignore(Semaphore::new(0).acquire_many(2))
    }),
    ("Semaphore::acquire_timeout", line!(), || {
        ignore(Semaphore::new(0).acquire_timeout(HOUR))
    }),
    ("Once::wait", line!(), || ignore(Once::<u32>::new().wait())),
    ("Once::get_or_init", line!(), || {
        let once = Arc::new(Once::new());
        let (maker, begun) = (Arc::clone(&once), Arc::new(StdBarrier::new(2)));
        let also = Arc::clone(&begun);
        let make = move || {
            _ = maker.get_or_init(|| {
                also.wait();
                forever();
            })
        };
        drop(Thread::new(make).daemon(true).start());
        begun.wait();
        once.get_or_init(|| ());
    }),
    ("Once::get_or_init", line!(), || {
        let lazy = Arc::new(Lazy::new(|| {
            Event::new().set();
            forever();
        }));
        let maker = Arc::clone(&lazy);
        let maker = Thread::new(move || **maker).daemon(true).start();
        eventually("it makes", || {
            matches!(maker.state(), State::Waiting { .. })
        });
        **lazy;
    }),
    ("Timer::wait", line!(), || {
        ignore(Timer::after(HOUR, || ()).wait())
    }),
    ("Timer::wait_timeout", line!(), || {
        ignore(Timer::after(HOUR, || ()).wait_timeout(HOUR))
    }),
    ("StopToken::wait", line!(), || {
        ignore(StopSource::new().token().wait())
    }),
    ("StopToken::wait_timeout", line!(), || {
        ignore(StopSource::new().token().wait_timeout(HOUR))
    }),
    ("StopToken::wait_until", line!(), || {
        ignore(StopSource::new().token().wait_until(HOUR))
    }),
    ("sleep", line!(), || ignore(threadkit::sleep(HOUR))),
    ("JoinHandle::join", line!(), || {
        ignore(Thread::new(forever).daemon(true).start().join())
    }),
    ("JoinHandle::wait", line!(), || {
        ignore(Thread::new(forever).daemon(true).start().wait())
    }),
    ("JoinHandle::wait_timeout", line!(), || {
        ignore(Thread::new(forever).daemon(true).start().wait_timeout(HOUR))
    }),
    ("JoinHandle::join", line!(), || {
        ignore(join_all([Thread::new(forever).daemon(true).start()]))
    }),
    ("scope", line!(), || {
        ignore(threadkit::scope(|scope| _ = scope.spawn(forever)))
    }),
    ("scope", line!(), || {
        ignore(try_scope(|scope| _ = scope.spawn(forever)))
    }),
    ("the end of a stop callback", line!(), || {
        let (source, begun) = (StopSource::new(), Arc::new(StdBarrier::new(2)));
        let also = Arc::clone(&begun);
        let registration = source.token().on_stop(move || {
            also.wait();
            forever();
        });
        drop(Thread::new(move || _ = source.stop()).daemon(true).start());
        begun.wait();
        drop(registration);
    }),
    ("the pause of a Supervisor", line!(), || {
        let fails = Supervisor::new(|_| || Err::<Infallible, _>("it fails")).pauses(HOUR, HOUR);
        drop(Box::new(fails.on_failure(|_| ())).run());
    }),
    ("Task::join", line!(), || {
        ignore(idle().submit(forever).join())
    }),
    ("Task::wait", line!(), || {
        ignore(idle().submit(forever).wait())
    }),
    ("Task::wait_timeout", line!(), || {
        ignore(idle().submit(forever).wait_timeout(HOUR))
    }),
    ("wait_all", line!(), || {
        ignore(wait_all([idle().submit(forever)]))
    }),
    ("wait_all_until", line!(), || {
        ignore(wait_all_until([idle().submit(forever)], HOUR))
    }),
    ("wait_any", line!(), || {
        ignore(wait_any([idle().submit(forever)]))
    }),
    ("wait_any_until", line!(), || {
        ignore(wait_any_until([idle().submit(forever)], HOUR))
    }),
    ("as_completed", line!(), || {
        ignore(as_completed([idle().submit(forever)]).count())
    }),
    ("as_completed_until", line!(), || {
        for _task in as_completed_until([idle().submit(forever)], HOUR) {}
    }),
    ("ThreadPool::map", line!(), || {
        ignore(idle().map([1], |_| forever()).count())
    }),
    ("ThreadPool::map", line!(), || {
        for () in idle().map([1], |_| forever()) {}
    }),
    ("ThreadPool::scope", line!(), || {
        ignore(idle().scope(|scope| _ = scope.submit(forever)))
    }),
    ("ThreadPool::submit", line!(), || {
        ignore(busy().submit(|| ()))
    }),
    ("ThreadPool::submit_timeout", line!(), || {
        ignore(busy().submit_timeout(|| (), HOUR).is_ok())
    }),
    ("ThreadPool::submit_until", line!(), || {
        ignore(busy().submit_until(|| (), HOUR).is_ok())
    }),
    ("PoolScope::submit", line!(), || {
        ignore(busy().scope(|scope| drop(scope.submit(|| ()))))
    }),
    ("SharedTask::join", line!(), || {
        ignore(idle().submit(forever).shared().join().is_ok())
    }),
    ("SharedTask::wait", line!(), || {
        ignore(idle().submit(forever).shared().wait())
    }),
    ("PoolScope::map", line!(), || {
        ignore(idle().scope(|scope| scope.map([1], |_| forever()).count()))
    }),
    ("ThreadPool::wait_idle", line!(), || {
        ignore(busy().wait_idle())
    }),
    ("ThreadPool::wait_idle_timeout", line!(), || {
        ignore(busy().wait_idle_timeout(HOUR))
    }),
    ("ThreadRef::wait", line!(), || {
        ignore(Thread::new(forever).daemon(true).start().thread().wait())
    }),
    ("ThreadPool::shutdown", line!(), || {
        ignore(busy().shutdown())
    }),
    ("ThreadPool::shutdown_timeout", line!(), || {
        ignore(busy().shutdown_timeout(HOUR))
    }),
    ("drop of a ThreadPool", line!(), || {
        ignore(drop({
            let pool = ThreadPool::new(1);
            drop(pool.submit(forever));
            pool
        }))
    }),
    ("acquire `account`", line!(), || {
        // The last lines belong to the attribute.
        transfer();
    }),
];

#[test]
fn every_wait_is_shown_where_the_program_called_it() {
    // Some of these waits never end.
    on_deadlock(Policy::Off);
    let _held = ACCOUNT.acquire();
    for (at, (operation, first, wait)) in CASES.iter().enumerate() {
        let last = CASES.get(at + 1).map_or(u32::MAX, |next| next.1);
        let waiter = Thread::new(*wait).daemon(true).start();
        let end = Instant::now() + LONG;
        let mut seen = waiter.state();
        while !matches!(&seen, State::Waiting { what, .. } if what == operation) {
            assert!(
                Instant::now() < end,
                "{operation} in line {first} is {seen}"
            );
            thread::yield_now();
            seen = waiter.state();
        }
        let State::Waiting { place, .. } = seen else {
            unreachable!("it was seen to wait")
        };
        assert_eq!(place.file(), file!(), "{operation} at {place}");
        // The attributes say where the function is.
        let is_function = at + 1 == CASES.len();
        let is_there = is_function || (*first..last).contains(&place.line());
        assert!(is_there, "{operation} of line {first} is at {place}");
    }
}

#[test]
fn a_lock_is_held_since_the_line_that_acquired_it() {
    type Hold = fn(&'static Lock<u32>, &'static Lock<u32>, &mut dyn FnMut());
    let holds: &[(u32, Hold)] = &[
        (line!(), |a, _, then| {
            let _held = a.acquire();
            then();
        }),
        (line!(), |a, b, then| {
            let _held = lock_all((a, b));
            then();
        }),
        (line!(), |a, b, then| {
            let _held = lock_all((b, a));
            then();
        }),
        (line!(), |a, b, then| {
            let both = [b, a];
            let _held = lock_all(&both[..]);
            then();
        }),
        (line!(), |a, _, then| {
            let _held = a.try_acquire();
            then();
        }),
        (line!(), |a, b, then| {
            #[synchronized(a, b)]
            fn both(a: &Lock<u32>, b: &Lock<u32>, then: &mut dyn FnMut()) {
                then();
            }
            both(a, b, then);
        }),
    ];
    for (line, hold) in holds {
        let (a, b) = (Lock::named("a", 0), Lock::named("b", 0));
        let (a, b) = (&*Box::leak(Box::new(a)), &*Box::leak(Box::new(b)));
        let mut shown = String::new();
        hold(a, b, &mut || shown = format!("{a:?}"));
        let since = shown.split("since: ").nth(1).unwrap_or_default();
        let mut parts = since.split(':');
        assert_eq!(parts.next(), Some(file!()), "{shown}");
        let at: u32 = parts.next().and_then(|at| at.parse().ok()).unwrap_or(0);
        assert!((*line..line + 5).contains(&at), "line {line}: {shown}");
    }
}
