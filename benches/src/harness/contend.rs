//! Measures many threads that compete for one lock.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Sample, Stopwatch, Work};
use crate::locks::CounterLock;

/// How threads compete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contest {
    /// How many threads want the lock.
    pub(crate) threads: usize,
    /// The work of each thread while it holds the lock; between two holds it does nothing.
    pub(crate) hold: Work,
    /// How long the operations are counted.
    pub(crate) counting: Duration,
    /// How long the waits are measured; a longer wait cannot be seen.
    pub(crate) watching: Duration,
}

/// A measurement of threads that compete for a lock of type `L`, for [`Table`](super::Table).
///
/// Operations are counted and waits are measured one after the other: measuring a wait reads the
/// clock twice, which costs more than a free lock and would hide the effect.
pub(crate) fn contend<L: CounterLock>(contest: Contest) -> impl FnMut() -> Sample {
    move || {
        let shares = compete::<L, u64>(contest, contest.counting, |lock, stop| {
            let mut share = 0;
            loop {
                lock.enter(|| contest.hold.run());
                // The deadline is checked afterwards: an operation that ended after the time was up does not count.
                if stop.load(Ordering::Relaxed) {
                    return share;
                }
                share += 1;
            }
        });
        let waits = compete::<L, Duration>(contest, contest.watching, |lock, stop| {
            let mut worst = Duration::ZERO;
            loop {
                let asked = Instant::now();
                lock.enter(|| {
                    worst = worst.max(asked.elapsed());
                    contest.hold.run();
                });
                // The deadline is checked afterwards here too: a thread that was still waiting when the time was up
                // reports its wait.
                if stop.load(Ordering::Relaxed) {
                    return worst;
                }
            }
        });
        let operations = shares.found.iter().sum::<u64>();
        Sample {
            figure: operations as f64 / shares.elapsed.as_secs_f64(),
            cpu: shares.cpu.map(|cpu| cpu / operations.max(1) as f64),
            fairness: Some(fairness(&shares.found)),
            worst_wait: waits.found.into_iter().max(),
        }
    }
}

/// What the threads of one competition found, and how long it took.
struct Outcome<T> {
    found: Vec<T>,
    /// From when the first thread began to when the first saw that the time was up. The clock of
    /// the thread that starts and stops them would be wrong: among many threads that never sleep,
    /// it may get a core long after they have begun, and their operations until then would not
    /// count.
    elapsed: Duration,
    /// The CPU time of all threads, in nanoseconds.
    cpu: Option<f64>,
}

/// The result of one thread.
struct Part<T> {
    found: T,
    began: Instant,
    ended: Instant,
}

/// Alone on its cache lines, so that threads contend for the lock and for nothing else.
#[repr(align(128))]
struct Alone<T>(T);

/// Runs `part` in several threads, on one new lock, until the time is up.
fn compete<L: CounterLock, T: Send>(
    contest: Contest,
    time: Duration,
    part: impl Fn(&L, &AtomicBool) -> T + Sync,
) -> Outcome<T> {
    let lock = Alone(L::new());
    let stop = Alone(AtomicBool::new(false));
    let start = Barrier::new(contest.threads + 1);
    // The threads are std's for every peer: the lock is what is compared.
    let (parts, cpu) = thread::scope(|scope| {
        let compete = || {
            start.wait();
            let began = Instant::now();
            let found = part(&lock.0, &stop.0);
            Part {
                found,
                began,
                ended: Instant::now(),
            }
        };
        let threads: Vec<_> = (0..contest.threads).map(|_| scope.spawn(compete)).collect();
        let watch = Stopwatch::start();
        start.wait();
        thread::sleep(time);
        // Relaxed everywhere: it only ends the loops; joining publishes what they found.
        stop.0.store(true, Ordering::Relaxed);
        let parts: Vec<Part<T>> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        (parts, watch.cpu_of(1))
    });
    let first = |time: fn(&Part<T>) -> Instant| parts.iter().map(time).min().expect("a thread");
    let elapsed = first(|part| part.ended) - first(|part| part.began);
    Outcome {
        found: parts.into_iter().map(|part| part.found).collect(),
        elapsed,
        cpu,
    }
}

/// The smallest share over the largest: 1 if all are equal, 0 if one thread made no progress.
fn fairness(shares: &[u64]) -> f64 {
    let smallest = shares.iter().min().copied().unwrap_or(0);
    let largest = shares.iter().max().copied().unwrap_or(0);
    if largest == 0 {
        0.0
    } else {
        smallest as f64 / largest as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn fairness_is_smallest_over_largest() {
        assert_eq!(fairness(&[5, 5, 5]), 1.0);
        assert_eq!(fairness(&[1, 4, 2]), 0.25);
        assert_eq!(fairness(&[0, 4]), 0.0);
        assert_eq!(fairness(&[0, 0]), 0.0);
        assert_eq!(fairness(&[]), 0.0);
    }

    #[test]
    fn threads_share_a_lock() {
        let [hold] = Work::lasting([Duration::from_micros(1)]);
        let time = Duration::from_millis(10);
        let contest = Contest {
            threads: 3,
            hold,
            counting: time,
            watching: time,
        };
        let sample = contend::<Mutex<u64>>(contest)();
        assert!(sample.figure > 0.0);
        assert!((0.0..=1.0).contains(&sample.fairness.unwrap()));
        assert!(sample.worst_wait.unwrap() > Duration::ZERO);
    }

    #[test]
    fn no_more_fits_into_the_time_than_one_thread_could_do() {
        let [hold] = Work::lasting([Duration::ZERO]);
        let time = Duration::from_millis(10);
        let contest = Contest {
            threads: 3,
            hold,
            counting: time,
            watching: time,
        };
        let nap = Duration::from_millis(1);
        let outcome = compete::<Mutex<u64>, u32>(contest, time, |lock, stop| {
            let mut share = 0;
            loop {
                lock.enter(|| thread::sleep(nap));
                if stop.load(Ordering::Relaxed) {
                    return share;
                }
                share += 1;
            }
        });
        assert!(outcome.found.iter().sum::<u32>() * nap <= outcome.elapsed);
    }
}
