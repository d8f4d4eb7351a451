//! The activities of the drivers. Each ends by itself, and checks its own result.

mod pools;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use threadkit::{RLockGuard, StopSource, Supervisor, ThreadLocal, Timer, scope, spawn};

use self::pools::{cancelled_tasks, map, nested_tasks, own_pool, pool_scope, shut_now, tasks};
use super::shared::{PERMITS, Shared};
use crate::gadgets;
use crate::generate::{Without, generate};
use crate::options::Options;
use crate::program::GADGETS;
use crate::run::run_beside_others;
use crate::tape::{Random, Tape};

pub(super) type Activity = fn(&Shared, &Options, &mut Random);

/// Each with its name, and how often it is chosen.
pub(super) const ACTIVITIES: [(&str, usize, Activity); 17] = [
    ("locks", 30, locks),
    ("permits", 15, permits),
    ("items", 15, items),
    ("tasks", 12, tasks),
    ("nested tasks", 8, nested_tasks),
    ("cancelled tasks", 8, cancelled_tasks),
    ("map", 5, map),
    ("pool scope", 6, pool_scope),
    ("a pool of its own", 4, own_pool),
    ("a pool shut down now", 4, shut_now),
    ("timers", 6, timers),
    ("stops", 6, stops),
    ("threads", 6, run_threads),
    ("thread-locals", 3, thread_locals),
    ("supervisor", 3, supervisor),
    ("gadget", 20, gadget),
    ("body", 10, body),
];

fn millis(random: &mut Random, below: usize) -> Duration {
    Duration::from_micros(random.below(below * 1000) as u64)
}

/// The three locks, in every form.
fn locks(shared: &Shared, _: &Options, random: &mut Random) {
    let limit = millis(random, 3);
    let held = match random.below(3) {
        0 => Some(shared.lock.acquire()),
        1 => shared.lock.try_acquire(),
        _ => shared.lock.acquire_timeout(limit).ok(),
    };
    if let Some(mut pair) = held {
        if pair.0 != pair.1 {
            shared.fail("another thread was seen in the Lock");
        }
        pair.0 += 1;
        if random.below(20) == 0 {
            // So the other threads compete for longer than the starvation limit.
            threadkit::sleep(limit);
        }
        pair.1 += 1;
        shared.changes[0].fetch_add(1, Relaxed);
    }
    let held = match random.below(3) {
        0 => Some(shared.reentrant.acquire()),
        1 => shared.reentrant.try_acquire(),
        _ => shared.reentrant.acquire_timeout(limit).ok(),
    };
    if let Some(outer) = held {
        outer.0.fetch_add(1, Relaxed);
        let inner: RLockGuard<'_, _> = shared.reentrant.acquire();
        inner.1.fetch_add(1, Relaxed);
        drop(outer);
        if inner.0.load(Relaxed) != inner.1.load(Relaxed) {
            shared.fail("another thread was seen in the RLock");
        }
        shared.changes[1].fetch_add(1, Relaxed);
    }
    if random.below(3) == 0 {
        let held = match random.below(2) {
            0 => Some(shared.rwlock.write()),
            _ => shared.rwlock.write_timeout(limit).ok(),
        };
        if let Some(mut pair) = held {
            pair.0 += 1;
            pair.1 += 1;
            shared.changes[2].fetch_add(1, Relaxed);
        }
    } else {
        let held = match random.below(2) {
            0 => Some(shared.rwlock.read()),
            _ => shared.rwlock.read_timeout(limit).ok(),
        };
        if held.is_some_and(|pair| pair.0 != pair.1) {
            shared.fail("a reader met a writer");
        }
    }
}

fn permits(shared: &Shared, _: &Options, random: &mut Random) {
    let wanted = 1 + random.below(PERMITS);
    let limit = millis(random, 3);
    let permit = match random.below(4) {
        0 => Some(shared.permits.acquire_many(wanted)),
        1 => shared.permits.try_acquire_many(wanted),
        2 => shared.permits.acquire_many_until(wanted, limit).ok(),
        _ => {
            let source = StopSource::new();
            let timer = Timer::after(limit, {
                let source = source.clone();
                move || {
                    source.stop();
                }
            });
            let permit = shared
                .permits
                .acquire_many_until(wanted, &source.token())
                .ok();
            timer.cancel();
            permit
        }
    };
    if let Some(permit) = permit {
        if shared.holders.fetch_add(wanted, Relaxed) + wanted > PERMITS {
            shared.fail("more permits were held than there are");
        }
        shared.holders.fetch_sub(wanted, Relaxed);
        drop(permit);
    }
}

/// A series of items for the one consumer, which checks their order.
fn items(shared: &Shared, _: &Options, random: &mut Random) {
    let row = random.next();
    let count = random.below(12) as u64;
    for number in (1..=count).chain([0]) {
        let mut item = (row, number);
        let limit = millis(random, 2);
        while let Err(error) = shared.items.put_timeout(item, limit) {
            item = error.into_inner();
        }
        shared.put.fetch_add(1, Relaxed);
    }
}

fn timers(shared: &Shared, _: &Options, random: &mut Random) {
    let runs = Arc::new(AtomicUsize::new(0));
    let count = {
        let runs = Arc::clone(&runs);
        move || {
            runs.fetch_add(1, Relaxed);
        }
    };
    let period = millis(random, 3) + Duration::from_micros(1);
    match random.below(4) {
        0 => {
            let timer = Timer::after(period, count);
            timer.wait();
            if runs.load(Relaxed) != 1 {
                shared.fail("a timer ended without its run");
            }
        }
        1 => {
            let timer = Timer::after(period, count);
            let cancelled = timer.cancel();
            timer.wait();
            if cancelled == (runs.load(Relaxed) == 1) {
                shared.fail("a timer ran though it was cancelled, or neither");
            }
        }
        2 => {
            let timer = Timer::every(period, count);
            // A few of its runs.
            threadkit::sleep(3 * period);
            timer.cancel();
            timer.wait();
        }
        _ => {
            let timer = Timer::with_pause(period, count);
            let _ = timer.wait_timeout(3 * period);
            timer.cancel();
            timer.wait();
        }
    }
}

fn stops(shared: &Shared, _: &Options, random: &mut Random) {
    let root = StopSource::new();
    let children: Vec<_> = (0..1 + random.below(4)).map(|_| root.child()).collect();
    let called = Arc::new(AtomicUsize::new(0));
    let registered: Vec<_> = (children.iter())
        .map(|child| {
            let called = Arc::clone(&called);
            child.token().on_stop(move || {
                called.fetch_add(1, Relaxed);
            })
        })
        .collect();
    let waiters: Vec<_> = (children.iter())
        .map(|child| {
            let token = child.token();
            spawn(move || token.wait())
        })
        .collect();
    root.stop();
    for waiter in waiters {
        if waiter.join().is_err() {
            shared.fail("waiting for a stop failed");
        }
    }
    drop(registered);
    if called.load(Relaxed) != children.len() {
        shared.fail("a callback of a stop was not called once");
    }
}

fn run_threads(shared: &Shared, _: &Options, random: &mut Random) {
    let count = 1 + random.below(4);
    let sum = AtomicUsize::new(0);
    scope(|s| {
        for number in 0..count {
            let sum = &sum;
            drop(s.spawn(move || sum.fetch_add(number, Relaxed)));
        }
    });
    if sum.into_inner() != (0..count).sum() {
        shared.fail("a scope was left before its threads had ended");
    }
    let panics = random.below(4) == 0;
    let handle = spawn(move || {
        if panics {
            std::panic::resume_unwind(Box::new("planned"));
        }
        7
    });
    let limit = millis(random, 2);
    let _ = handle.wait_timeout(limit);
    match handle.join() {
        Ok(7) if !panics => {}
        Err(_) if panics => {}
        outcome => shared.fail(format!("a thread gave {outcome:?}")),
    }
}

fn thread_locals(shared: &Shared, _: &Options, random: &mut Random) {
    let made = Arc::new(AtomicUsize::new(0));
    let local = {
        let made = Arc::clone(&made);
        ThreadLocal::new(move || made.fetch_add(1, Relaxed))
    };
    let count = 1 + random.below(4);
    scope(|s| {
        for _ in 0..count {
            drop(s.spawn(|| {
                let first = local.with(|number| *number);
                if local.with(|number| *number) != first {
                    shared.fail("a thread had two values of a thread-local");
                }
            }));
        }
    });
    if made.load(Relaxed) != count {
        shared.fail("not one value of a thread-local for each thread");
    }
}

fn supervisor(shared: &Shared, _: &Options, random: &mut Random) {
    let failures = random.below(3) as u32;
    let stopped = random.below(3) == 0;
    let pause = millis(random, 2);
    let supervisor = Supervisor::new(move |starts: u32| {
        move || match stopped || starts < failures {
            true => Err("not yet"),
            false => Ok(starts),
        }
    });
    let handle = supervisor.pauses(pause, pause).on_failure(|_| {}).start();
    if stopped {
        handle.stop();
    }
    match handle.join() {
        Ok(Ok(starts)) if starts == failures && !stopped => {}
        Ok(Err(error)) if error.is_stopped() && stopped => {}
        outcome => shared.fail(format!("a supervisor ended with {outcome:?}")),
    }
}

fn gadget(shared: &Shared, _: &Options, random: &mut Random) {
    let kind = GADGETS[random.below(GADGETS.len())];
    let (n, m) = (1 + random.below(4), 1 + random.below(4));
    if catch_unwind(AssertUnwindSafe(|| gadgets::run(kind, n, m))).is_err() {
        shared.fail(format!("{kind:?} of {n} and {m} failed"));
    }
}

/// A generated program.
fn body(shared: &Shared, options: &Options, random: &mut Random) {
    let mut tape = Tape::random(random.next(), 0);
    let without: Without = options.without.clone().and_stop_all();
    let program = generate(&mut tape, &without);
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run_beside_others(&program))) {
        let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
        shared.fail(format!(
            "the program on tape {} failed: {text}",
            tape.to_hex()
        ));
    }
}
