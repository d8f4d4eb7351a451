//! How long threads wait for a primitive while others want it too: percentiles beside the throughput.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Condvar, Mutex as StdMutex};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use parking_lot::{FairMutex, Mutex};
use threadkit::{Condition, Lock, RLock, RwLock, Semaphore};

use super::Topic;
use crate::harness::{Bench, Stopwatch, Work};
use crate::locks::{CounterLock, SaaLock};
use crate::report::{Column, Grid};
use crate::rwlocks::{CounterRwLock, SaaRwLock};

pub(super) const TOPIC: Topic = Topic {
    name: "waits",
    about: "percentiles of the waits for locks, permits and notifications, beside the throughput",
    run,
};

const THREADS: usize = 8;

fn run(bench: &mut Bench) {
    let time = Duration::from_millis(bench.pace.pick(1_000, 20));
    let micros = [1, 20, 100];
    for (hold, micros) in Work::lasting(micros.map(Duration::from_micros))
        .into_iter()
        .zip(micros)
    {
        let title = format!("a lock, {THREADS} threads, {micros} µs holds");
        table(bench, &title, |rows| {
            lock::<Lock<u64>>(rows, time, hold);
            lock::<RLock<std::cell::Cell<u64>>>(rows, time, hold);
            lock::<Mutex<u64>>(rows, time, hold);
            lock::<StdMutex<u64>>(rows, time, hold);
            lock::<FairMutex<u64>>(rows, time, hold);
            lock::<SaaLock>(rows, time, hold);
            lock::<async_lock::Mutex<u64>>(rows, time, hold);
        });
    }
    let [hold] = Work::lasting([Duration::from_micros(5)]);
    table(
        bench,
        "a lock with 6 readers and 2 writers, 5 µs holds",
        |rows| {
            rwlock::<RwLock<u64>>(rows, time, hold);
            rwlock::<parking_lot::RwLock<u64>>(rows, time, hold);
            rwlock::<std::sync::RwLock<u64>>(rows, time, hold);
            rwlock::<SaaRwLock>(rows, time, hold);
            rwlock::<async_lock::RwLock<u64>>(rows, time, hold);
        },
    );
    table(
        bench,
        "a semaphore of 2 permits, 8 threads, 5 µs holds",
        |rows| {
            let ours = Semaphore::new(2);
            semaphore(rows, "Semaphore", time, || {
                let permit = ours.acquire();
                let got = Instant::now();
                hold.run();
                drop(permit);
                got
            });
            let theirs = async_lock::Semaphore::new(2);
            semaphore(rows, "async-lock Semaphore", time, || {
                let permit = theirs.acquire_blocking();
                let got = Instant::now();
                hold.run();
                drop(permit);
                got
            });
            let (free, freed) = (StdMutex::new(2), Condvar::new());
            semaphore(rows, "std Mutex + Condvar", time, || {
                *freed
                    .wait_while(free.lock().unwrap(), |free| *free == 0)
                    .unwrap() -= 1;
                let got = Instant::now();
                hold.run();
                *free.lock().unwrap() += 1;
                freed.notify_one();
                got
            });
        },
    );
    table(
        bench,
        "a condition, 8 threads that each want the next of many items",
        |rows| {
            let (items, came) = (Lock::new(0), Condition::new());
            condition(
                rows,
                "Lock + Condition",
                time,
                || {
                    let mut items = items.acquire();
                    came.wait_while(&mut items, |items| *items == 0);
                    *items -= 1;
                },
                |more| {
                    *items.acquire() += more;
                    came.notify(more);
                },
            );
            let (items, came) = (StdMutex::new(0), Condvar::new());
            condition(
                rows,
                "std Mutex + Condvar",
                time,
                || {
                    *came
                        .wait_while(items.lock().unwrap(), |items| *items == 0)
                        .unwrap() -= 1
                },
                |more| {
                    *items.lock().unwrap() += more;
                    (0..more).for_each(|_| came.notify_one());
                },
            );
            let (items, came) = (Mutex::new(0), parking_lot::Condvar::new());
            condition(
                rows,
                "parking_lot Mutex + Condvar",
                time,
                || {
                    let mut items = items.lock();
                    came.wait_while(&mut items, |items| *items == 0);
                    *items -= 1;
                },
                |more| {
                    *items.lock() += more;
                    (0..more).for_each(|_| _ = came.notify_one());
                },
            );
        },
    );
}

/// The rows of a table, measured one after the other.
struct Rows<'a> {
    bench: &'a Bench,
    rows: Vec<Row>,
}

impl Rows<'_> {
    /// Adds the rows of a peer, if it is wanted.
    fn peer<const N: usize>(&mut self, name: &str, measure: impl FnOnce() -> [Row; N]) {
        if self.bench.wants_peer(name) {
            self.rows.extend(measure());
        }
    }
}

/// What the threads of one peer found.
struct Row {
    name: String,
    /// Operations a second.
    rate: f64,
    /// The CPU time an operation.
    cpu: Option<f64>,
    waits: Histogram<u64>,
}

fn table(bench: &mut Bench, title: &str, measure: impl FnOnce(&mut Rows<'_>)) {
    if !bench.wants(title) {
        return;
    }
    let mut rows = Rows {
        bench,
        rows: Vec::new(),
    };
    measure(&mut rows);
    if rows.rows.is_empty() {
        return;
    }
    let rows = rows.rows.into_iter().map(|row| {
        let at = |share| Some(row.waits.value_at_quantile(share) as f64);
        let figures = vec![
            Some(row.rate),
            row.cpu,
            at(0.5),
            at(0.99),
            at(0.999),
            at(1.0),
        ];
        (row.name, figures)
    });
    bench.grid(Grid {
        topic: TOPIC.name,
        title: title.into(),
        about: "operations a second, the CPU time of one, and how long it waits".into(),
        rows_are: "peer",
        columns: vec![
            Column::rate("throughput"),
            Column::time("CPU"),
            Column::time("p50"),
            Column::time("p99"),
            Column::time("p99.9"),
            Column::time("worst"),
        ],
        rows: rows.collect(),
        result: None,
    });
}

fn histogram() -> Histogram<u64> {
    // Up to a minute, with three digits.
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("valid bounds")
}

fn record(waits: &mut Histogram<u64>, wait: Duration) {
    waits.saturating_record(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX).max(1));
}

/// What several threads recorded.
struct Watched {
    waits: Vec<Histogram<u64>>,
    seconds: f64,
    /// The CPU time of all, in nanoseconds.
    cpu: Option<f64>,
}

/// Runs `step` in loops of several threads, which get their number.
fn watch(
    time: Duration,
    threads: usize,
    step: impl Fn(usize, &mut Histogram<u64>) + Sync,
) -> Watched {
    let stop = AtomicBool::new(false);
    let start = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let (step, stop, start) = (&step, &stop, &start);
        let all: Vec<_> = (0..threads)
            .map(|n| {
                scope.spawn(move || {
                    let mut waits = histogram();
                    start.wait();
                    while !stop.load(Ordering::Relaxed) {
                        step(n, &mut waits);
                    }
                    waits
                })
            })
            .collect();
        let burnt = Stopwatch::start();
        start.wait();
        let begun = Instant::now();
        thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
        let waits = all
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        Watched {
            waits,
            seconds: begun.elapsed().as_secs_f64(),
            cpu: burnt.cpu_of(1),
        }
    })
}

impl Watched {
    /// The row of all threads.
    fn row(&self, name: &str) -> Row {
        self.row_of(name, &self.waits)
    }

    /// The row of some of the threads; the CPU time is that of all, for each operation of any.
    fn row_of(&self, name: &str, some: &[Histogram<u64>]) -> Row {
        let mut waits = histogram();
        for part in some {
            waits.add(part).expect("the same bounds");
        }
        let operations: u64 = self.waits.iter().map(Histogram::len).sum();
        Row {
            name: name.into(),
            rate: waits.len() as f64 / self.seconds,
            cpu: self.cpu.map(|cpu| cpu / operations.max(1) as f64),
            waits,
        }
    }
}

fn lock<L: CounterLock>(rows: &mut Rows<'_>, time: Duration, hold: Work) {
    rows.peer(L::NAME, || {
        let lock = L::new();
        let watched = watch(time, THREADS, |_, waits| {
            let asked = Instant::now();
            lock.enter(|| {
                record(waits, asked.elapsed());
                hold.run();
            });
        });
        [watched.row(L::NAME)]
    });
}

fn rwlock<L: CounterRwLock>(rows: &mut Rows<'_>, time: Duration, hold: Work) {
    const WRITERS: usize = 2;
    rows.peer(L::NAME, || {
        let lock = L::new();
        let watched = watch(time, THREADS, |n, waits| {
            let asked = Instant::now();
            let work = || {
                record(waits, asked.elapsed());
                hold.run();
            };
            if n < WRITERS {
                lock.write(work);
            } else {
                std::hint::black_box(lock.read(work));
            }
        });
        let (writers, readers) = watched.waits.split_at(WRITERS);
        [
            watched.row_of(&format!("{}, readers", L::NAME), readers),
            watched.row_of(&format!("{}, writers", L::NAME), writers),
        ]
    });
}

/// `hold` returns when it got its permit.
fn semaphore(rows: &mut Rows<'_>, name: &str, time: Duration, hold: impl Fn() -> Instant + Sync) {
    rows.peer(name, || {
        let watched = watch(time, THREADS, |_, waits| {
            let asked = Instant::now();
            record(waits, hold() - asked);
        });
        [watched.row(name)]
    });
}

/// Threads that take items, and one that gives four whenever as many were taken.
fn condition(
    rows: &mut Rows<'_>,
    name: &str,
    time: Duration,
    take: impl Fn() + Sync,
    give: impl Fn(usize) + Sync,
) {
    const BATCH: usize = 4;
    rows.peer(name, || {
        let (taken, done) = (AtomicUsize::new(0), AtomicBool::new(false));
        let watched = thread::scope(|scope| {
            scope.spawn(|| {
                let mut given = 0;
                while !done.load(Ordering::Acquire) {
                    if given - taken.load(Ordering::Acquire) < BATCH {
                        give(BATCH);
                        given += BATCH;
                    } else {
                        thread::yield_now();
                    }
                }
            });
            let watched = watch(time, THREADS, |_, waits| {
                let asked = Instant::now();
                take();
                record(waits, asked.elapsed());
                taken.fetch_add(1, Ordering::Release);
            });
            // Now no taker is left that would wait for an item.
            done.store(true, Ordering::Release);
            watched
        });
        [watched.row(name)]
    });
}
