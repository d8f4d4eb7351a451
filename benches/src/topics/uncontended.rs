//! The cost of a lock without contention: acquire, increment, release.

use std::cell::Cell;
use std::sync::Mutex as StdMutex;

use parking_lot::{FairMutex, Mutex, ReentrantMutex};
use threadkit::{Lock, RLock};

use super::Topic;
use crate::attribute;
use crate::harness::{Bench, Pace, Sample, Table, Unit, repeat};
use crate::locks::CounterLock;

pub(super) const TOPIC: Topic = Topic {
    name: "uncontended",
    about: "acquire, increment, release by one thread",
    run,
};

fn run(bench: &mut Bench) {
    exclusive(bench);
    reentrant_first(bench);
    reentrant_nested(bench);
    by_attribute(bench);
}

/// Locks that a thread can hold once.
fn exclusive(bench: &mut Bench) {
    let (base, lock) = (<Mutex<u64>>::new(0), <Lock<u64>>::new(0));
    let (std, fair) = (<StdMutex<u64>>::new(0), FairMutex::new(0));
    let table = table(bench, "a lock", &base);
    let table = row(table, bench.pace, &lock);
    let table = row(table, bench.pace, &std);
    let table = row(table, bench.pace, &fair);
    bench.run(table);
}

/// Locks that a thread can hold several times, held once.
fn reentrant_first(bench: &mut Bench) {
    let (base, rlock) = (ReentrantMutex::new(Cell::new(0)), RLock::new(Cell::new(0)));
    let plain = <Mutex<u64>>::new(0);
    let table = table(bench, "a reentrant lock, first level", &base);
    let table = row(table, bench.pace, &rlock);
    let table = row(table, bench.pace, &plain);
    bench.run(table);
}

/// The same locks once more by a thread that already holds them.
fn reentrant_nested(bench: &mut Bench) {
    let (base, rlock) = (ReentrantMutex::new(Cell::new(0)), RLock::new(Cell::new(0)));
    let (_base, _rlock) = (base.lock(), rlock.acquire());
    let table = table(bench, "a reentrant lock, nested", &base);
    let table = row(table, bench.pace, &rlock);
    bench.run(table);
}

/// The cost of `#[synchronized]` beside a guard by hand.
fn by_attribute(bench: &mut Bench) {
    let pace = bench.pace;
    let by_hand = repeat(pace, &(), |()| attribute::by_hand());
    let by_attribute = repeat(pace, &(), |()| attribute::by_attribute());
    let rounds = pace.pick(15, 3);
    let table = Table::new(
        "a function under a lock",
        Unit::Nanoseconds,
        rounds,
        "by hand",
        by_hand,
    );
    bench.run(table.peer("#[synchronized]", by_attribute));
}

/// A table with `base` as its baseline.
fn table<'a, L: CounterLock>(bench: &Bench, title: &str, base: &'a L) -> Table<'a> {
    let rounds = bench.pace.pick(15, 3);
    Table::new(
        title,
        Unit::Nanoseconds,
        rounds,
        L::NAME,
        measure(bench.pace, base),
    )
}

/// The table with one more lock.
fn row<'a, L: CounterLock>(table: Table<'a>, pace: Pace, lock: &'a L) -> Table<'a> {
    table.peer(L::NAME, measure(pace, lock))
}

fn measure<'a, L: CounterLock>(pace: Pace, lock: &'a L) -> impl FnMut() -> Sample + 'a {
    repeat(pace, lock, |lock| lock.enter(|| ()))
}
