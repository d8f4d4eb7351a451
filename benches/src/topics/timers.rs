//! Timers: making one, cancelling it, and how late it runs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use threadkit::{Event, Timer};

use super::Topic;
use crate::harness::{Bench, Sample, Stopwatch, Table, Unit};

pub(super) const TOPIC: Topic = Topic {
    name: "timers",
    about: "schedule and cancel, with 0 and 100,000 pending; how late a timer comes",
    run,
};

const HOUR: Duration = Duration::from_secs(3600);

fn run(bench: &mut Bench) {
    let rounds = bench.pace.pick(15, 2);
    let count = bench.pace.pick(20_000, 500);
    for (pending, title) in [
        (0, "schedule, none pending"),
        (100_000, "schedule, 100,000 pending"),
    ] {
        if bench.wants(title) {
            let others: Vec<_> = (0..pending)
                .map(|n| Timer::after(delay(n), || ()))
                .collect();
            let table = Table::new(
                title,
                Unit::Nanoseconds,
                rounds,
                "a heap alone",
                move || heap_alone(pending, count),
            );
            bench.run(table.peer("Timer::after", move || schedule(count)));
            for other in others {
                other.cancel();
            }
        }
    }
    let naps = bench.pace.pick(100, 5);
    let table = Table::new(
        "late by, after 1 ms",
        Unit::Nanoseconds,
        rounds,
        "std sleep",
        move || lateness(naps, thread::sleep),
    );
    bench.run(table.peer("Timer::after", move || {
        lateness(naps, |nap| {
            static RUNG: Event = Event::new();
            RUNG.clear();
            Timer::after(nap, || RUNG.set());
            RUNG.wait();
        })
    }));
}

/// About an hour, in no order.
fn delay(n: u64) -> Duration {
    HOUR + Duration::from_nanos(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24)
}

/// The time to schedule one, whose function captures as much as that of [`heap_alone`]; they are cancelled outside of
/// it.
fn schedule(count: u64) -> Sample {
    let mut timers = Vec::with_capacity(count as usize);
    let watch = Stopwatch::start();
    timers.extend((0..count).map(|n| Timer::after(delay(n), move || _ = black_box(n))));
    let sample = watch.sample(count);
    for timer in timers {
        timer.cancel();
    }
    sample
}

/// The unavoidable cost: reading the clock, boxing the function, and a place in the order.
fn heap_alone(pending: u64, count: u64) -> Sample {
    let mut heap = BinaryHeap::new();
    let mut push = |n: u64| {
        let what: Box<dyn FnOnce()> = Box::new(move || _ = black_box(n));
        heap.push((Reverse(Instant::now() + delay(n)), n));
        what
    };
    let mut all: Vec<_> = (0..pending).map(&mut push).collect();
    let watch = Stopwatch::start();
    all.extend((0..count).map(&mut push));
    let sample = watch.sample(count);
    black_box(all);
    sample
}

fn lateness(naps: u32, nap: impl Fn(Duration)) -> Sample {
    let length = Duration::from_millis(1);
    let watch = Stopwatch::start();
    (0..naps).for_each(|_| nap(length));
    let sample = watch.sample(naps.into());
    Sample {
        figure: sample.figure - length.as_nanos() as f64,
        ..sample
    }
}
