//! How the time of an operation and the memory of an item change with the number of items.
//!
//! Each series doubles or multiplies by ten. The exponent is the slope of a line through the logarithms of the time an
//! operation: 0 if it takes the same time whatever the number, 1 if it grows with the number.

use std::fs;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use threadkit::{Event, Lock, Queue, StopSource, ThreadPool, Timer};

use super::Topic;
use crate::harness::Bench;
use crate::report::{Column, Grid};
use crate::stats;

pub(super) const TOPIC: Topic = Topic {
    name: "growth",
    about: "time and memory with 1 to 10,000,000 items, threads, timers, tasks, tokens, waiters",
    run,
};

/// What one step found: nanoseconds an operation, for each column, and the memory while all items were there.
struct Step {
    times: Vec<f64>,
    memory: f64,
}

fn run(bench: &mut Bench) {
    if bench.names_peers() {
        eprintln!("warning: `growth` compares no peers, so `--peer` leaves it out");
        return;
    }
    let quick = bench.pace.pick(false, true);
    let most = |full: u64| if quick { full.min(100) } else { full };
    let tens = |most| powers(10, most);
    grow(
        bench,
        "threads alive",
        &["start", "end and join"],
        tens(most(10_000)),
        threads,
    );
    grow(
        bench,
        "threads of std alive",
        &["start", "end and join"],
        tens(most(10_000)),
        std_threads,
    );
    grow(
        bench,
        "items in a queue",
        &["put", "get"],
        tens(most(10_000_000)),
        queue,
    );
    grow(
        bench,
        "timers pending",
        &["schedule", "cancel"],
        tens(most(1_000_000)),
        timers,
    );
    grow(
        bench,
        "locks held",
        &["acquire and release"],
        powers(2, 64),
        locks,
    );
    grow(
        bench,
        "tasks pending",
        &["submit", "run and wait"],
        tens(most(10_000_000)),
        tasks,
    );
    grow(
        bench,
        "stop tokens linked",
        &["link", "stop", "drop"],
        tens(most(1_000_000)),
        tokens,
    );
    grow(
        bench,
        "waiters of an event",
        &["set until all run"],
        tens(most(10_000)),
        waiters,
    );
}

/// The powers of `base` from 1 to `most`.
fn powers(base: u64, most: u64) -> Vec<u64> {
    std::iter::successors(Some(1), |n| Some(n * base))
        .take_while(|n| *n <= most)
        .collect()
}

fn grow(
    bench: &mut Bench,
    title: &str,
    columns: &[&'static str],
    steps: Vec<u64>,
    step: fn(u64, f64) -> Step,
) {
    if !bench.wants(title) {
        return;
    }
    give_back();
    let before = resident();
    let mut rows = Vec::new();
    let mut points = vec![Vec::new(); columns.len()];
    for n in steps {
        // A few items are measured often, because each measurement is short; the median of all counts.
        let times = (100_000 / n)
            .clamp(3, 1_000)
            .min(if n >= 100_000 { 1 } else { 1_000 });
        let all: Vec<Step> = (0..times).map(|_| step(n, before)).collect();
        let memory = all.iter().map(|step| step.memory).fold(0.0, f64::max);
        let mut figures: Vec<Option<f64>> = (0..columns.len())
            .map(|at| Some(stats::median(all.iter().map(|step| step.times[at]))))
            .collect();
        for (points, figure) in points.iter_mut().zip(&figures) {
            points.extend(figure.map(|figure| (n as f64, figure)));
        }
        // The allocator keeps some memory, and a page is the least that is counted.
        figures.push((memory > 1e6).then(|| memory / n as f64));
        rows.push((n.to_string(), figures));
    }
    let exponents: Vec<String> = columns
        .iter()
        .zip(&points)
        .map(|(name, points)| format!("{name} {:.2}", stats::exponent(points)))
        .collect();
    bench.grid(Grid {
        topic: TOPIC.name,
        title: title.into(),
        about: "time an operation (median), and resident memory an item".into(),
        rows_are: "number",
        columns: (columns.iter().map(|name| Column::time(name)))
            .chain([Column::bytes("memory")])
            .collect(),
        rows,
        result: Some(format!("exponents: {}", exponents.join(", "))),
    });
}

/// Gives the memory that earlier series have freed back to the system, where there is a call for that.
fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes a number of bytes to keep, and touches no memory that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// The resident memory of the process, in bytes; zero where the system does not tell.
fn resident() -> f64 {
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse::<f64>().ok());
    pages.unwrap_or(0.0) * 4096.0
}

/// The time an operation, of `n`, without that of reading the clock, which is most of the time of a single short one.
fn timed(n: u64, f: impl FnOnce()) -> f64 {
    static CLOCK: LazyLock<f64> = LazyLock::new(|| {
        let nothing = || Instant::now().elapsed().as_nanos() as f64;
        stats::median((0..1_000).map(|_| nothing()))
    });
    let clock = *CLOCK;
    let begun = Instant::now();
    f();
    let elapsed = begun.elapsed().as_nanos() as f64;
    // The clock counts whole nanoseconds.
    (elapsed - clock).max(1.0) / n as f64
}

fn threads(n: u64, before: f64) -> Step {
    let (end, running) = (Arc::new(Event::new()), Arc::new(AtomicU64::new(0)));
    let mut all = Vec::with_capacity(n as usize);
    let start = timed(n, || {
        all.extend((0..n).map(|_| {
            let (end, running) = (Arc::clone(&end), Arc::clone(&running));
            threadkit::spawn(move || {
                running.fetch_add(1, Ordering::Relaxed);
                end.wait();
            })
        }));
        until(&running, n);
    });
    let memory = resident() - before;
    let join = timed(n, || {
        end.set();
        threadkit::join_all(all).unwrap();
    });
    let times = vec![start, join];
    Step { times, memory }
}

fn std_threads(n: u64, before: f64) -> Step {
    let (end, running) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let mut all = Vec::with_capacity(n as usize);
    let start = timed(n, || {
        all.extend((0..n).map(|_| {
            let (end, running) = (Arc::clone(&end), Arc::clone(&running));
            thread::spawn(move || {
                running.fetch_add(1, Ordering::Relaxed);
                while !end.load(Ordering::Acquire) {
                    thread::park();
                }
            })
        }));
        until(&running, n);
    });
    let memory = resident() - before;
    let join = timed(n, || {
        end.store(true, Ordering::Release);
        all.iter().for_each(|thread| thread.thread().unpark());
        all.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let times = vec![start, join];
    Step { times, memory }
}

/// Waits until that number of threads run. Threads that wait at a barrier would all wake for one lock at the end.
fn until(running: &AtomicU64, n: u64) {
    while running.load(Ordering::Relaxed) < n {
        thread::yield_now();
    }
}

fn queue(n: u64, before: f64) -> Step {
    let queue = Queue::unbounded();
    let put = timed(n, || (0..n).for_each(|item| queue.put(item).unwrap()));
    let memory = resident() - before;
    let get = timed(n, || (0..n).for_each(|_| _ = black_box(queue.get())));
    let times = vec![put, get];
    Step { times, memory }
}

fn timers(n: u64, before: f64) -> Step {
    let mut all = Vec::with_capacity(n as usize);
    let hour = Duration::from_secs(3600);
    let schedule = timed(n, || {
        all.extend((0..n).map(|n| {
            // In no order.
            let more = Duration::from_nanos(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24);
            Timer::after(hour + more, || ())
        }));
    });
    let memory = resident() - before;
    let cancel = timed(n, || all.iter().for_each(|timer| _ = timer.cancel()));
    let times = vec![schedule, cancel];
    Step { times, memory }
}

fn locks(n: u64, before: f64) -> Step {
    let locks: Vec<Lock<u64>> = (0..n).map(Lock::new).collect();
    let mut held = Vec::with_capacity(n as usize);
    // Again and again, because once takes no longer than reading the clock.
    let repeats = 1_024 / n;
    let both = timed(n * repeats, || {
        for _ in 0..repeats {
            held.extend(locks.iter().map(Lock::acquire));
            held.clear();
        }
    });
    let memory = resident() - before;
    let times = vec![both];
    Step { times, memory }
}

fn tasks(n: u64, before: f64) -> Step {
    let pool = ThreadPool::new(2);
    // No task runs until all are there.
    let go = Arc::new(Event::new());
    let blockers = [(); 2].map(|()| {
        let go = Arc::clone(&go);
        pool.submit(move || go.wait())
    });
    let mut all = Vec::with_capacity(n as usize);
    let submit = timed(n, || all.extend((0..n).map(|n| pool.submit(move || n))));
    let memory = resident() - before;
    let run = timed(n, || {
        go.set();
        blockers.into_iter().for_each(|task| task.join().unwrap());
        let sum = all
            .into_iter()
            .fold(0, |sum: u64, task| sum.wrapping_add(task.join().unwrap()));
        black_box(sum);
    });
    let times = vec![submit, run];
    Step { times, memory }
}

fn tokens(n: u64, before: f64) -> Step {
    let source = StopSource::new();
    let mut all = Vec::with_capacity(n as usize);
    let link = timed(n, || all.extend((0..n).map(|_| source.child())));
    let memory = resident() - before;
    let stop = timed(n, || assert!(source.stop()));
    assert!(all.iter().all(StopSource::is_stopped));
    let end = timed(n, || all.clear());
    let times = vec![link, stop, end];
    Step { times, memory }
}

fn waiters(n: u64, before: f64) -> Step {
    let event = Arc::new(Event::new());
    let all: Vec<_> = (0..n)
        .map(|_| {
            let event = Arc::clone(&event);
            threadkit::spawn(move || {
                event.wait();
                Instant::now()
            })
        })
        .collect();
    while event.n_waiting() < n as usize {
        thread::sleep(Duration::from_micros(100));
    }
    let memory = resident() - before;
    let begun = Instant::now();
    event.set();
    let ran = threadkit::join_all(all).unwrap();
    let last = ran.into_iter().max().expect("a waiter");
    let times = vec![(last - begun).as_nanos() as f64 / n as f64];
    Step { times, memory }
}
