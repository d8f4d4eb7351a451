//! Threads that compete for one lock: their throughput, their fairness, and their longest wait.

use std::cell::Cell;
use std::sync::Mutex as StdMutex;
use std::time::Duration;

use parking_lot::{FairMutex, Mutex, ReentrantMutex};
use threadkit::{Lock, RLock};

use super::Topic;
use crate::harness::{Bench, Contest, Table, Unit, Work, contend};
use crate::locks::{CounterLock, SaaLock};

pub(super) const TOPIC: Topic = Topic {
    name: "contended",
    about: "2 to 32 threads that hold one lock for 0 to 100 µs",
    run,
};

const THREADS: [usize; 5] = [2, 4, 8, 16, 32];

/// How long each thread holds the lock, in microseconds.
const HOLDS: [u64; 4] = [0, 1, 20, 100];

fn run(bench: &mut Bench) {
    let holds = Work::lasting(HOLDS.map(Duration::from_micros));
    for threads in THREADS {
        for (hold, micros) in holds.into_iter().zip(HOLDS) {
            let contest = Contest {
                threads,
                hold,
                counting: Duration::from_millis(bench.pace.pick(200, 10)),
                watching: watching(bench, micros),
            };
            let rounds = bench.pace.pick(7, 2);
            let title = format!("{threads} threads, {micros} µs holds");
            bench.run(table(&title, rounds, contest));
        }
    }
}

/// How long to measure waits: long holds make long waits, and a longer wait than this is cut off.
fn watching(bench: &Bench, micros: u64) -> Duration {
    let full = if micros >= 100 { 1000 } else { 300 };
    Duration::from_millis(bench.pace.pick(full, 20))
}

fn table(title: &str, rounds: usize, contest: Contest) -> Table<'static> {
    let table = Table::new(
        title,
        Unit::PerSecond,
        rounds,
        <Mutex<u64>>::NAME,
        contend::<Mutex<u64>>(contest),
    );
    let table = row::<Lock<u64>>(table, contest);
    let table = row::<RLock<Cell<u64>>>(table, contest);
    let table = row::<StdMutex<u64>>(table, contest);
    let table = row::<FairMutex<u64>>(table, contest);
    let table = row::<ReentrantMutex<Cell<u64>>>(table, contest);
    let table = row::<SaaLock>(table, contest);
    row::<async_lock::Mutex<u64>>(table, contest)
}

/// The table with one more lock.
fn row<L: CounterLock + 'static>(table: Table<'static>, contest: Contest) -> Table<'static> {
    table.peer(L::NAME, contend::<L>(contest))
}
