//! Tasks given to a pool of two threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use paralight::threads::{
    CpuPinningPolicy, RangeStrategy, ThreadCount, ThreadPool as Paralight,
    ThreadPoolBuilder as ParalightBuilder,
};
use rayon::{ThreadPool as Rayon, ThreadPoolBuilder};
use rusty_pool::ThreadPool as RustyPool;
use scoped_threadpool::Pool as ScopedPool;
use threadkit::ThreadPool;
use threadpool::ThreadPool as SmallPool;
use tokio::runtime::{Builder as TokioBuilder, Runtime};

use super::Topic;
use crate::harness::{Bench, Sample, Stopwatch, Table, Unit, Work, repeat};

pub(super) const TOPIC: Topic = Topic {
    name: "pool",
    about: "trivial tasks from outside, one task there and back, and map over many items",
    run,
};

/// Two, on any machine.
pub(super) const THREADS: usize = 2;

fn run(bench: &mut Bench) {
    trivial_tasks(bench);
    there_and_back(bench);
    map(
        bench,
        "map over 4,000 items of 10 µs",
        4_000,
        Duration::from_micros(10),
    );
    map(
        bench,
        "map over 1,000,000 trivial items",
        1_000_000,
        Duration::ZERO,
    );
    map_of_slice(bench);
}

pub(super) fn rayon() -> Rayon {
    ThreadPoolBuilder::new()
        .num_threads(THREADS)
        .build()
        .unwrap()
}

/// A runtime whose threads are those for tasks that block.
fn tokio() -> Runtime {
    TokioBuilder::new_current_thread()
        .max_blocking_threads(THREADS)
        .build()
        .unwrap()
}

/// Counts tasks, and wakes the thread that waits for the last one.
struct Countdown {
    left: AtomicU64,
    waiting: Thread,
}

impl Countdown {
    fn count(&self) {
        // Release: the waiting thread sees what the tasks did.
        if self.left.fetch_sub(1, Ordering::Release) == 1 {
            self.waiting.unpark();
        }
    }
}

/// Submits many tasks that only count, and sleeps until all have.
fn flood(tasks: u64, submit: impl Fn(Arc<Countdown>)) -> Sample {
    let countdown = Arc::new(Countdown {
        left: AtomicU64::new(tasks),
        waiting: thread::current(),
    });
    let watch = Stopwatch::start();
    for _ in 0..tasks {
        submit(Arc::clone(&countdown));
    }
    while countdown.left.load(Ordering::Acquire) > 0 {
        thread::park();
    }
    watch.sample(tasks)
}

fn trivial_tasks(bench: &mut Bench) {
    let title = "trivial tasks, submitted from outside";
    if !bench.wants(title) {
        return;
    }
    let tasks = bench.pace.pick(100_000, 2_000);
    let rounds = bench.pace.pick(15, 3);
    let (ours, rayon, tokio) = (ThreadPool::new(THREADS), rayon(), tokio());
    let (small, rusty) = (
        SmallPool::new(THREADS),
        RustyPool::new(THREADS, THREADS, Duration::MAX),
    );
    let mut scoped = ScopedPool::new(THREADS as u32);
    let table = Table::new(title, Unit::Nanoseconds, rounds, "rayon", || {
        flood(tasks, |done| rayon.spawn(move || done.count()))
    });
    let table = table
        .peer("threadpool", || {
            flood(tasks, |done| small.execute(move || done.count()))
        })
        .peer("rusty_pool", || {
            flood(tasks, |done| rusty.execute(move || done.count()))
        })
        .peer("scoped_threadpool", || {
            // Its tasks are submitted inside a scope, which then waits for them by itself.
            scoped.scoped(|scope| flood(tasks, |done| scope.execute(move || done.count())))
        })
        .peer("tokio spawn_blocking", || {
            flood(tasks, |done| {
                drop(tokio.spawn_blocking(move || done.count()))
            })
        })
        .peer("threadkit", || {
            flood(tasks, |done| drop(ours.submit(move || done.count())))
        });
    bench.run(table);
}

fn there_and_back(bench: &mut Bench) {
    let title = "one task, there and back";
    if !bench.wants(title) {
        return;
    }
    let pace = bench.pace;
    let (ours, rayon, tokio) = (ThreadPool::new(THREADS), rayon(), tokio());
    let rusty = RustyPool::new(THREADS, THREADS, Duration::MAX);
    let by_rayon = repeat(pace, &rayon, |pool| pool.install(|| ()));
    let by_rusty = repeat(pace, &rusty, |pool| pool.evaluate(|| ()).await_complete());
    let by_tokio = repeat(pace, &tokio, |tokio| {
        tokio.block_on(tokio.spawn_blocking(|| ())).unwrap();
    });
    let by_ours = repeat(pace, &ours, |pool| pool.submit(|| ()).join().unwrap());
    let table = Table::new(
        title,
        Unit::Nanoseconds,
        pace.pick(15, 3),
        "rayon",
        by_rayon,
    );
    bench.run(
        table
            .peer("rusty_pool", by_rusty)
            .peer("tokio spawn_blocking", by_tokio)
            .peer("threadkit", by_ours),
    );
}

fn map(bench: &mut Bench, title: &str, items: u64, each: Duration) {
    if !bench.wants(title) {
        return;
    }
    let (ours, rayon) = (ThreadPool::new(THREADS), rayon());
    let mut paralight = ParalightBuilder {
        num_threads: ThreadCount::try_from(THREADS).unwrap(),
        // As its README recommends for items that take the same time.
        range_strategy: RangeStrategy::Fixed,
        cpu_pinning: CpuPinningPolicy::No,
    }
    .build();
    let [busy] = Work::lasting([each]);
    let work = move |n: u64| {
        busy.run();
        n ^ 1
    };
    let table = Table::new(
        title,
        Unit::Nanoseconds,
        bench.pace.pick(15, 3),
        "rayon",
        || timed(items, || map_by_rayon(&rayon, items, work)),
    );
    bench.run(
        table
            .peer("paralight", || {
                timed(items, || map_by_paralight(&mut paralight, items, work))
            })
            .peer("threadkit", || {
                timed(items, || ours.map(0..items, work).into_vec())
            })
            .peer("threadkit, collect", || {
                timed(items, || ours.map(0..items, work).collect())
            }),
    );
}

/// The time to compute `n ^ 1` for each of the first numbers.
fn timed(items: u64, compute: impl FnOnce() -> Vec<u64>) -> Sample {
    let watch = Stopwatch::start();
    let results = compute();
    let sample = watch.sample(items);
    assert!(results.into_iter().eq((0..items).map(|n| n ^ 1)));
    sample
}

/// The items are references, which no thread can make from bounds; or their indices, from which any thread can.
fn map_of_slice(bench: &mut Bench) {
    let title = "map over a slice of 1,000,000 trivial items";
    if !bench.wants(title) {
        return;
    }
    let (ours, rayon) = (ThreadPool::new(THREADS), rayon());
    let count = 1_000_000;
    let items: Vec<u64> = (0..count).collect();
    let items = &*items;
    let table = Table::new(
        title,
        Unit::Nanoseconds,
        bench.pace.pick(15, 3),
        "rayon",
        || {
            use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
            timed(count, || {
                rayon.install(|| items.par_iter().map(|n| n ^ 1).collect())
            })
        },
    );
    bench.run(
        table
            .peer("threadkit", || {
                timed(count, || {
                    ours.scope(|scope| scope.map(items, |n| n ^ 1).into_vec())
                })
            })
            .peer("threadkit, indices", || {
                timed(count, || {
                    ours.scope(|scope| scope.map(0..items.len(), |n| items[n] ^ 1).into_vec())
                })
            }),
    );
}

// The methods of the two have the same names, so each function has the traits that it needs.

fn map_by_rayon(pool: &Rayon, items: u64, work: impl Fn(u64) -> u64 + Send + Sync) -> Vec<u64> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    pool.install(|| (0..items).into_par_iter().map(work).collect())
}

/// It has no results in order, but it can write each to its place.
fn map_by_paralight(
    pool: &mut Paralight,
    items: u64,
    work: impl Fn(u64) -> u64 + Sync,
) -> Vec<u64> {
    use paralight::prelude::*;
    let mut results = vec![0; items as usize];
    (results.par_iter_mut(), (0..items as usize).into_par_iter())
        .zip_eq()
        .with_thread_pool(pool)
        .for_each(|(result, n)| *result = work(n as u64));
    results
}
