//! Tasks given to a pool of two threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool as Rayon, ThreadPoolBuilder};
use rusty_pool::ThreadPool as RustyPool;
use scoped_threadpool::Pool as ScopedPool;
use threadkit::ThreadPool;
use threadpool::ThreadPool as SmallPool;

use super::Topic;
use crate::harness::{Bench, Sample, Table, Unit, Work, repeat};

pub(super) const TOPIC: Topic = Topic {
    name: "pool",
    about: "trivial tasks from outside, one task there and back, and map over many items",
    run,
};

/// As many as this machine has cores.
const THREADS: usize = 2;

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
}

fn rayon() -> Rayon {
    ThreadPoolBuilder::new()
        .num_threads(THREADS)
        .build()
        .unwrap()
}

/// Submits many tasks that only count, and waits until all have: nanoseconds a task.
fn flood(tasks: u64, submit: impl Fn(Arc<AtomicU64>)) -> Sample {
    let done = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    for _ in 0..tasks {
        submit(Arc::clone(&done));
    }
    while done.load(Ordering::Acquire) < tasks {
        thread::yield_now();
    }
    Sample::new(start.elapsed().as_nanos() as f64 / tasks as f64)
}

fn count(done: &AtomicU64) {
    done.fetch_add(1, Ordering::Release);
}

fn trivial_tasks(bench: &mut Bench) {
    let title = "trivial tasks, submitted from outside";
    if !bench.wants(title) {
        return;
    }
    let tasks = bench.pace.pick(100_000, 2_000);
    let rounds = bench.pace.pick(15, 3);
    let (ours, rayon) = (ThreadPool::new(THREADS), rayon());
    let (small, rusty) = (
        SmallPool::new(THREADS),
        RustyPool::new(THREADS, THREADS, Duration::MAX),
    );
    let mut scoped = ScopedPool::new(THREADS as u32);
    let table = Table::new(title, Unit::Nanoseconds, rounds, "rayon", || {
        flood(tasks, |done| rayon.spawn(move || count(&done)))
    });
    let table = table
        .peer("threadpool", || {
            flood(tasks, |done| small.execute(move || count(&done)))
        })
        .peer("rusty_pool", || {
            flood(tasks, |done| rusty.execute(move || count(&done)))
        })
        .peer("scoped_threadpool", || {
            // Its tasks are submitted inside a scope, which then waits for them by itself.
            scoped.scoped(|scope| flood(tasks, |done| scope.execute(move || count(&done))))
        })
        .peer("threadkit", || {
            flood(tasks, |done| drop(ours.submit(move || count(&done))))
        });
    bench.run(table);
}

fn there_and_back(bench: &mut Bench) {
    let title = "one task, there and back";
    if !bench.wants(title) {
        return;
    }
    let pace = bench.pace;
    let (ours, rayon) = (ThreadPool::new(THREADS), rayon());
    let rusty = RustyPool::new(THREADS, THREADS, Duration::MAX);
    let by_rayon = repeat(pace, &rayon, |pool| pool.install(|| ()));
    let by_rusty = repeat(pace, &rusty, |pool| pool.evaluate(|| ()).await_complete());
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
            .peer("threadkit", by_ours),
    );
}

fn map(bench: &mut Bench, title: &str, items: u64, each: Duration) {
    if !bench.wants(title) {
        return;
    }
    let (ours, rayon) = (ThreadPool::new(THREADS), rayon());
    let [busy] = Work::lasting([each]);
    let work = move |n: u64| {
        busy.run();
        n ^ 1
    };
    let measure = |compute: &dyn Fn() -> Vec<u64>| {
        let start = Instant::now();
        let results = compute();
        let elapsed = start.elapsed();
        assert_eq!(results.len() as u64, items);
        Sample::new(elapsed.as_nanos() as f64 / items as f64)
    };
    let table = Table::new(
        title,
        Unit::Nanoseconds,
        bench.pace.pick(15, 3),
        "rayon",
        || measure(&|| rayon.install(|| (0..items).into_par_iter().map(work).collect())),
    );
    bench.run(
        table
            .peer("threadkit", || {
                measure(&|| ours.map(0..items, work).into_vec())
            })
            .peer("threadkit, collect", || {
                measure(&|| ours.map(0..items, work).collect())
            }),
    );
}
