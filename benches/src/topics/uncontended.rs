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
///
/// A second level takes no atomic instruction: the level is loaded, changed and stored. If one lock is entered over and
/// over, the processor has to forward each store to the next load, and that takes less than a cycle or more than ten,
/// depending on whether the processor recognises the pair (memory renaming). Which of the two happens depends on the
/// place of the lock and of the code, and says nothing about the lock. So each operation enters another lock of
/// several.
fn reentrant_nested(bench: &mut Bench) {
    let base = locks::<ReentrantMutex<Cell<u64>>>();
    let rlock = locks::<RLock<Cell<u64>>>();
    let _base = base.each_ref().map(ReentrantMutex::lock);
    let _rlock = rlock.each_ref().map(RLock::acquire);
    let rounds = bench.pace.pick(15, 3);
    let table = Table::new(
        "a reentrant lock, nested",
        Unit::Nanoseconds,
        rounds,
        <ReentrantMutex<Cell<u64>>>::NAME,
        in_turn(bench.pace, &base),
    );
    let table = table.peer(<RLock<Cell<u64>>>::NAME, in_turn(bench.pace, &rlock));
    bench.run(table);
}

/// Enough locks that a store is in the cache by the time that its lock is entered again.
const LOCKS: usize = 16;

/// Locks on the heap, so that all peers lie in the same way.
fn locks<L: CounterLock>() -> Box<[L; LOCKS]> {
    Box::new(std::array::from_fn(|_| L::new()))
}

/// The time of one operation, of which each enters the next lock.
fn in_turn<'a, L: CounterLock>(pace: Pace, locks: &'a [L; LOCKS]) -> impl FnMut() -> Sample + 'a {
    let mut all = repeat(pace, locks, |locks| {
        locks.iter().for_each(|lock| lock.enter(|| ()));
    });
    move || Sample::new(all().figure / LOCKS as f64)
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
