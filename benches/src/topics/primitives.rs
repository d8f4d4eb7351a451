//! Signals between threads: a set event, a free permit, a barrier, and the time to reach a thread
//! that waits.

use std::sync::{Barrier as StdBarrier, Condvar, Mutex};
use std::thread;

use threadkit::{Barrier, Condition, Event, Lock, Semaphore};

use super::Topic;
use crate::harness::{Bench, Sample, Stopwatch, Table, Unit, repeat};
use crate::signals::{Flag, Permits, Signal};

pub(super) const TOPIC: Topic = Topic {
    name: "primitives",
    about: "events and permits without waiters, barriers, and round trips to a thread that waits",
    run,
};

type StdFlag = Flag<Mutex<bool>, Condvar>;
type ParkingLotFlag = Flag<parking_lot::Mutex<bool>, parking_lot::Condvar>;

fn run(bench: &mut Bench) {
    set_event(bench);
    setting(bench);
    free_permit(bench);
    for threads in [2, 8] {
        barrier(bench, threads);
    }
    hand_over(bench);
}

/// Waiting for an event that is set.
fn set_event(bench: &mut Bench) {
    let pace = bench.pace;
    let (event, std, parking_lot) = (Event::new(), StdFlag::new(), ParkingLotFlag::new());
    event.set();
    std.set();
    parking_lot.set();
    let table = Table::new(
        "an event that is set: wait",
        Unit::Nanoseconds,
        pace.pick(15, 3),
        StdFlag::NAME,
        repeat(pace, &std, StdFlag::wait),
    )
    .peer(
        ParkingLotFlag::NAME,
        repeat(pace, &parking_lot, ParkingLotFlag::wait),
    )
    .peer("threadkit Event", repeat(pace, &event, Event::wait));
    bench.run(table);
}

/// Setting an event without waiters.
fn setting(bench: &mut Bench) {
    let pace = bench.pace;
    let (event, std, parking_lot) = (Event::new(), StdFlag::new(), ParkingLotFlag::new());
    let table = Table::new(
        "an event without waiters: set",
        Unit::Nanoseconds,
        pace.pick(15, 3),
        StdFlag::NAME,
        repeat(pace, &std, StdFlag::set),
    )
    .peer(
        ParkingLotFlag::NAME,
        repeat(pace, &parking_lot, ParkingLotFlag::set),
    )
    .peer("threadkit Event", repeat(pace, &event, Event::set));
    bench.run(table);
}

/// Acquiring and releasing a free permit.
fn free_permit(bench: &mut Bench) {
    let pace = bench.pace;
    let (tokio, by_hand) = (tokio::sync::Semaphore::new(2), Permits::new(2));
    let semaphore = Semaphore::new(2);
    let table = Table::new(
        "a free permit: acquire, release",
        Unit::Nanoseconds,
        pace.pick(15, 3),
        "tokio Semaphore",
        repeat(pace, &tokio, |tokio| drop(tokio.try_acquire().unwrap())),
    )
    .peer(
        "std Mutex + Condvar",
        repeat(pace, &by_hand, |by_hand| {
            by_hand.acquire();
            by_hand.release();
        }),
    )
    .peer(
        "threadkit Semaphore",
        repeat(pace, &semaphore, |semaphore| drop(semaphore.acquire())),
    );
    bench.run(table);
}

/// The time of a round in which all of them meet.
fn barrier(bench: &mut Bench, threads: usize) {
    let rounds = bench.pace.pick(5_000, 200);
    let table = Table::new(
        format!("a barrier, {threads} threads"),
        Unit::Nanoseconds,
        bench.pace.pick(15, 3),
        "std Barrier",
        move || {
            let barrier = StdBarrier::new(threads);
            meet(threads, rounds, || {
                barrier.wait();
            })
        },
    )
    .peer("threadkit Barrier", move || {
        let barrier = Barrier::new(threads);
        meet(threads, rounds, || {
            barrier.wait().unwrap();
        })
    });
    bench.run(table);
}

fn meet(threads: usize, rounds: usize, wait: impl Fn() + Sync) -> Sample {
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| (0..=rounds).for_each(|_| wait()));
        }
        // The time counts from the moment at which all threads are there.
        wait();
        let watch = Stopwatch::start();
        (0..rounds).for_each(|_| wait());
        watch.sample(rounds as u64)
    })
}

/// From one thread to another, which waits for nothing else.
fn hand_over(bench: &mut Bench) {
    let exchanges = bench.pace.pick(10_000, 500);
    let table = Table::new(
        "there and back, to a thread that waits",
        Unit::Nanoseconds,
        bench.pace.pick(15, 3),
        StdFlag::NAME,
        move || there_and_back::<StdFlag>(exchanges),
    )
    .peer(ParkingLotFlag::NAME, move || {
        there_and_back::<ParkingLotFlag>(exchanges)
    });
    let table = row::<Event>(table, exchanges);
    let table = row::<Semaphore>(table, exchanges);
    bench.run(row::<Flag<Lock<bool>, Condition>>(table, exchanges));
}

fn row<S: Signal>(table: Table<'static>, exchanges: usize) -> Table<'static> {
    table.peer(S::NAME, move || there_and_back::<S>(exchanges))
}

/// Half the time of a round trip.
fn there_and_back<S: Signal>(exchanges: usize) -> Sample {
    let (there, back) = (S::new(), S::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..exchanges {
                there.take();
                back.give();
            }
        });
        let watch = Stopwatch::start();
        for _ in 0..exchanges {
            there.give();
            back.take();
        }
        watch.sample(2 * exchanges as u64)
    })
}
