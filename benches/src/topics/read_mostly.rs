//! Readers of one lock, and a writer now and then. The last row reads without a lock, and so excludes nobody.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use threadkit::RwLock;

use super::Topic;
use crate::harness::{Bench, Sample, Stopwatch, Table, Unit};
use crate::rwlocks::{CounterRwLock, SaaRwLock};

pub(super) const TOPIC: Topic = Topic {
    name: "read-mostly",
    about: "1 to 32 readers of a lock, and a write every millisecond; worst wait of the writer",
    run,
};

/// How long the writer sleeps between two writes.
const PAUSE: Duration = Duration::from_millis(1);

fn run(bench: &mut Bench) {
    let rounds = bench.pace.pick(7, 2);
    let time = Duration::from_millis(bench.pace.pick(200, 10));
    for readers in [1, 2, 8, 32] {
        let title = match readers {
            1 => "1 reader".into(),
            _ => format!("{readers} readers"),
        };
        let table = Table::new(
            title,
            Unit::PerSecond,
            rounds,
            <parking_lot::RwLock<u64>>::NAME,
            move || measure::<parking_lot::RwLock<u64>>(readers, time),
        );
        let table = row::<RwLock<u64>>(table, readers, time);
        let table = row::<std::sync::RwLock<u64>>(table, readers, time);
        let table = row::<async_lock::RwLock<u64>>(table, readers, time);
        let table = row::<SaaRwLock>(table, readers, time);
        bench.run(row::<ArcSwap<u64>>(table, readers, time));
    }
}

fn row<L: CounterRwLock>(table: Table<'_>, readers: usize, time: Duration) -> Table<'_> {
    table.peer(L::NAME, move || measure::<L>(readers, time))
}

/// Reads a second of all readers together, and the longest wait of the writer.
fn measure<L: CounterRwLock>(readers: usize, time: Duration) -> Sample {
    let (lock, stop) = (L::new(), AtomicBool::new(false));
    let start = Barrier::new(readers + 1);
    thread::scope(|scope| {
        let reading: Vec<_> = (0..readers)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let begun = Instant::now();
                    let (mut reads, mut last) = (0_u64, 0);
                    while !stop.load(Ordering::Relaxed) {
                        last = lock.read(|| ()).max(last);
                        reads += 1;
                    }
                    std::hint::black_box(last);
                    (reads, reads as f64 / begun.elapsed().as_secs_f64())
                })
            })
            .collect();
        let watch = Stopwatch::start();
        start.wait();
        let begun = Instant::now();
        let mut worst = Duration::ZERO;
        while begun.elapsed() < time {
            thread::sleep(PAUSE);
            let asked = Instant::now();
            lock.write(|| worst = worst.max(asked.elapsed()));
        }
        stop.store(true, Ordering::Relaxed);
        let (reads, rates): (Vec<u64>, Vec<f64>) =
            reading.into_iter().map(|it| it.join().unwrap()).unzip();
        let cpu = watch.cpu_of(reads.iter().sum());
        let least = rates.iter().copied().fold(f64::INFINITY, f64::min);
        let most = rates.iter().copied().fold(0.0, f64::max);
        Sample {
            figure: rates.iter().sum(),
            cpu,
            fairness: Some(least / most),
            worst_wait: Some(worst),
        }
    })
}
